//! What a type's spelling says about where else it can be written.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Type;

/// Whether the type mentions a lifetime that its function declares.
pub(super) fn has_named_lifetime(ty: &Type) -> bool {
    any_pair(ty.to_token_stream(), &|before, token| {
        // A lifetime is an apostrophe and a name.
        matches!(before, Some(TokenTree::Punct(punct)) if punct.as_char() == '\'')
            && matches!(token, TokenTree::Ident(name) if name != "static" && name != "_")
    })
}

/// Whether the type is opaque, or a part of it.
pub(super) fn has_impl_trait(ty: &Type) -> bool {
    any_pair(
        ty.to_token_stream(),
        &|_, token| matches!(token, TokenTree::Ident(name) if name == "impl"),
    )
}

/// Whether `is` holds for any token, given together with the one before it.
fn any_pair(tokens: TokenStream, is: &dyn Fn(Option<&TokenTree>, &TokenTree) -> bool) -> bool {
    let mut before = None;
    for token in tokens {
        if is(before.as_ref(), &token) {
            return true;
        }
        if let TokenTree::Group(group) = &token
            && any_pair(group.stream(), is)
        {
            return true;
        }
        before = Some(token);
    }
    false
}
