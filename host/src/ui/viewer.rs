//! Who looks at a page.

use axum::{extract::FromRequestParts, http::request::Parts};

use super::refused::Refused;
use crate::{
    access::{Caller, Scope, Who},
    api::Problem,
};

/// Who looks at a page, and what brought them here.
#[derive(Debug, Clone, Default)]
pub(super) struct Viewer {
    /// Nobody where the page is for whoever it may be.
    caller: Option<Caller>,
    /// What was done just before, by the word that a redirection has for it.
    pub(super) done: Option<String>,
}

impl Viewer {
    /// Whether they may start and end runs.
    pub(super) fn may_run(&self) -> bool {
        self.may(Scope::Run)
    }

    /// Whether they may say what holds for others, too.
    pub(super) fn may_admin(&self) -> bool {
        self.may(Scope::Admin)
    }

    fn may(&self, scope: Scope) -> bool {
        self.caller.as_ref().is_some_and(|caller| caller.scope >= scope)
    }

    /// Whether they have logged in: a browser has no other way to show a token.
    pub(super) fn has_logged_in(&self) -> bool {
        let who = self.caller.as_ref().map(|caller| &caller.who);
        matches!(who, Some(Who::Token { .. }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let caller = Caller::from_request_parts(parts, state).await;
        let caller =
            caller.map_err(|refused| Problem::new(refused.status(), refused.to_string()))?;
        let query = parts.uri.query().unwrap_or_default();
        let done = query.split('&').find_map(|pair| pair.strip_prefix("done="));
        Ok(Self { caller: Some(caller), done: done.map(str::to_owned) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_may_more_than_their_scope() {
        let viewer =
            |scope| Viewer { caller: Some(Caller { who: Who::Anonymous, scope }), done: None };
        let may = |viewer: &Viewer| (viewer.may_run(), viewer.may_admin());
        assert_eq!(may(&Viewer::default()), (false, false));
        assert_eq!(may(&viewer(Scope::Read)), (false, false));
        assert_eq!(may(&viewer(Scope::Run)), (true, false));
        assert_eq!(may(&viewer(Scope::Admin)), (true, true));
    }
}
