//! The list in an attribute's parentheses: `key`, `key = value`, …

use syn::{
    Error, Expr, ExprLit, ExprPath, Ident, Lit, LitInt, LitStr, Path, Result, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::errors::Errors;

/// How a key is written, as its error messages show it.
pub(crate) struct Known {
    pub(crate) key: &'static str,
    pub(crate) example: &'static str,
}

/// One entry of the list.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    /// Its place in the list, counted from 0.
    pub(crate) position: usize,
    value: Option<Expr>,
    example: &'static str,
}

impl Entry {
    /// Nothing, for a key that stands alone.
    pub(crate) fn flag(&self) -> Result<()> {
        match &self.value {
            None => Ok(()),
            Some(value) => Err(Error::new_spanned(value, format!("`{}` takes no value", self.key))),
        }
    }

    pub(crate) fn text(&self) -> Result<&LitStr> {
        match self.literal()? {
            Lit::Str(text) => Ok(text),
            other => Err(self.misfit(other, "a text")),
        }
    }

    pub(crate) fn number(&self) -> Result<&LitInt> {
        match self.literal()? {
            Lit::Int(number) => Ok(number),
            other => Err(self.misfit(other, "a whole number")),
        }
    }

    pub(crate) fn literal(&self) -> Result<&Lit> {
        match &self.value {
            Some(Expr::Lit(ExprLit { lit, .. })) => Ok(lit),
            Some(other) => Err(self.misfit(other, "a literal")),
            None => Err(self.missing()),
        }
    }

    /// The name of something, wherever that is.
    pub(crate) fn path(&self) -> Result<&Path> {
        match &self.value {
            Some(Expr::Path(ExprPath { qself: None, path, .. })) => Ok(path),
            Some(other) => Err(self.misfit(other, "the name of a function")),
            None => Err(self.missing()),
        }
    }

    fn missing(&self) -> Error {
        let message = format!("`{}` needs a value: `{}`", self.key, self.example);
        Error::new_spanned(&self.key, message)
    }

    pub(crate) fn misfit(&self, value: impl quote::ToTokens, wanted: &str) -> Error {
        Error::new_spanned(value, format!("expected {wanted}, as in `{}`", self.example))
    }
}

/// The entries of a list, each taken out by whoever understands it.
pub(crate) struct Keys(Vec<Entry>);

impl Keys {
    /// Reads the list. Unknown and repeated keys go to `errors`.
    pub(crate) fn parse(
        list: proc_macro2::TokenStream,
        known: &'static [Known],
        errors: &mut Errors,
    ) -> Result<Self> {
        let mut keys = Self(Vec::new());
        let list = Punctuated::<Raw, Token![,]>::parse_terminated.parse2(list)?;
        for (position, Raw { key, value }) in list.into_iter().enumerate() {
            let Some(known) = known.iter().find(|known| key == known.key) else {
                errors.push(unknown(&key, known));
                continue;
            };
            if keys.0.iter().any(|entry| entry.key == key) {
                errors.push(Error::new_spanned(&key, format!("`{key}` is given twice")));
                continue;
            }
            keys.0.push(Entry { key, position, value, example: known.example });
        }
        Ok(keys)
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<Entry> {
        let index = self.0.iter().position(|entry| entry.key == key)?;
        Some(self.0.remove(index))
    }
}

struct Raw {
    key: Ident,
    value: Option<Expr>,
}

impl Parse for Raw {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        // `parse_any`, so that a Rust keyword gets the message for unknown keys.
        let key = Ident::parse_any(input).map_err(|error| {
            Error::new(error.span(), "expected a key, as in `timeout = \"5s\"`")
        })?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { key, value })
    }
}

fn unknown(key: &Ident, known: &[Known]) -> Error {
    /// Below this similarity a suggestion would be a guess.
    const SIMILAR: f64 = 0.75;

    let written = key.to_string();
    let nearest = known
        .iter()
        .map(|known| (strsim::jaro_winkler(&written, known.key), known.key))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let advice = match nearest {
        Some((similarity, key)) if similarity >= SIMILAR => format!("did you mean `{key}`?"),
        _ => {
            let keys: Vec<_> = known.iter().map(|known| known.key).collect();
            format!("there are {}", keys.join(", "))
        }
    };
    Error::new_spanned(key, format!("unknown key `{written}`: {advice}"))
}
