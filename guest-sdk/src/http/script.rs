//! Outside of a plugin: a server that a test makes up.

use std::{cell::RefCell, fmt, rc::Rc, time::Instant};

use super::{ErrorKind, Response, Sent};

type Answer = Result<Response, ErrorKind>;

type Server = dyn FnMut(&Sent) -> Answer;

/// What a test's server answers.
#[derive(Clone)]
pub(crate) struct Script(Rc<RefCell<Server>>);

thread_local! {
    /// The server of this thread's test.
    static SERVER: RefCell<Option<Script>> = const { RefCell::new(None) };
}

impl Script {
    pub(crate) fn new(answer: impl FnMut(&Sent) -> Answer + 'static) -> Self {
        Self(Rc::new(RefCell::new(answer)))
    }

    /// Makes it this thread's server, or lets the thread have none.
    pub(crate) fn install(script: Option<Self>) {
        SERVER.set(script);
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script(…)")
    }
}

pub(super) fn send(request: &Sent, _deadline: Option<Instant>) -> Answer {
    if super::url::parts(&request.url).is_none() {
        return Err(ErrorKind::Invalid(super::url::HELP.to_owned()));
    }
    // Not held while it answers, so that it may install another one.
    match SERVER.with_borrow(Clone::clone) {
        Some(script) => match script.0.try_borrow_mut() {
            Ok(mut answer) => answer(request),
            Err(_) => Err(ErrorKind::Invalid("a test's server can't ask itself".to_owned())),
        },
        None => {
            let reason = "a test needs a server: `Context::for_test(…).http(…).build()`";
            Err(ErrorKind::Invalid(reason.to_owned()))
        }
    }
}
