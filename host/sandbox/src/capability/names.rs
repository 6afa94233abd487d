//! Looking up names: those that are granted, and no others. To ask for a name is to
//! tell its owner something, so a guest that could ask for any needed no network.
//!
//! A name is looked up once in an attempt (see [`super::lookups`]). Later connections
//! are admitted to where it led and to nothing else, so that whoever owns the name
//! gains nothing by answering differently the second time.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
    vec,
};

use horarium_core::{
    net::{Endpoint, Host},
    text,
};
use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::{
    WasiView,
    p2::{
        DynPollable, Network, Pollable, SocketError,
        bindings::sockets::{
            ip_name_lookup::{self, ResolveAddressStream},
            network::{self, ErrorCode, IpAddress},
        },
        subscribe,
    },
    sockets::WasiSocketsView,
};

use super::lookups::{Lookups, Unresolved};
use crate::state::{SharedCapture, State};

/// How long a look-up may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    ip_name_lookup::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

/// The names that an attempt may ask for, and where they led.
#[derive(Clone)]
pub(crate) struct Names(Arc<Inner>);

struct Inner {
    names: BTreeMap<String, Name>,
    lookups: Lookups,
    capture: SharedCapture,
}

#[derive(Default)]
struct Name {
    endpoints: Vec<Endpoint>,
    /// Whether it was said where it leads and may not.
    told: AtomicBool,
}

impl Name {
    fn may_lie_at(&self, address: IpAddr) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.may_lie_at(address))
    }
}

/// Why a name leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LookupError {
    /// It is not granted, or leads to where the grant does not reach.
    Denied,
    /// It has no address.
    Unknown,
    /// It was not answered in time; later it may be.
    Late,
    /// The attempt has asked too often.
    Exhausted,
}

impl Names {
    /// The names among these endpoints.
    pub(crate) fn new<'a>(
        endpoints: impl IntoIterator<Item = &'a Endpoint>,
        lookups: Lookups,
        capture: SharedCapture,
    ) -> Self {
        let mut names: BTreeMap<String, Name> = BTreeMap::new();
        for endpoint in endpoints {
            if let Host::Name(name) = &endpoint.host {
                names.entry(name.clone()).or_default().endpoints.push(endpoint.clone());
            }
        }
        Self(Arc::new(Inner { names, lookups, capture }))
    }

    /// Where a name leads, as far as the grants go.
    pub(crate) async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, LookupError> {
        let asked = name.strip_suffix('.').unwrap_or(name);
        let name = asked.to_ascii_lowercase();
        let Some(known) = self.0.names.get(&name) else {
            // Before it is cut: half a secret is not found, nor is one in another case.
            let asked = self.0.capture.redactor().redact(asked);
            self.note(&format!("it may not look up {}", text::beginning(&asked, 256)));
            return Err(LookupError::Denied);
        };
        let found = tokio::time::timeout(PATIENCE, self.0.lookups.resolve(&name)).await;
        let found = match found.map_err(|_| LookupError::Late)? {
            Ok(found) => found,
            Err(Unresolved::Failed(_)) => return Err(LookupError::Unknown),
            Err(Unresolved::TooOften) => return Err(LookupError::Exhausted),
        };
        let (within, beyond): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|address| known.may_lie_at(*address));
        if !beyond.is_empty() && !known.told.swap(true, Ordering::Relaxed) {
            for address in beyond {
                self.note(&format!(
                    "{name} leads to {address}, which is not public; \
                     a grant can name the range that it may lie in: `within = [\"{address}\"]`"
                ));
            }
        }
        if within.is_empty() { Err(LookupError::Denied) } else { Ok(within) }
    }

    /// Forgets where names have led: another attempt asks anew.
    pub(crate) fn renew(&self) {
        self.0.lookups.renew();
        for name in self.0.names.values() {
            name.told.store(false, Ordering::Relaxed);
        }
    }

    /// The names that have led to this address.
    pub(crate) fn of(&self, address: IpAddr) -> impl Iterator<Item = &str> {
        let address = horarium_core::net::plain(address);
        let led = move |(name, known): &(&String, &Name)| {
            known.may_lie_at(address) && self.0.lookups.has_led(name, address)
        };
        self.0.names.iter().filter(led).map(|(name, _)| name.as_str())
    }

    /// Tells the operator what the guest is told as an error code only.
    pub(crate) fn note(&self, message: &str) {
        self.0.capture.note(message);
    }
}

impl From<LookupError> for ErrorCode {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Denied => Self::AccessDenied,
            LookupError::Unknown => Self::NameUnresolvable,
            LookupError::Late => Self::TemporaryResolverFailure,
            LookupError::Exhausted => Self::PermanentResolverFailure,
        }
    }
}

/// A look-up that a guest waits for.
enum Lookup {
    Running(Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, LookupError>> + Send>>),
    Done(Result<vec::IntoIter<IpAddr>, LookupError>),
}

impl Lookup {
    fn new(names: &Names, name: String) -> Self {
        // What is an address leads to itself.
        if let Ok(address) = name.parse::<IpAddr>() {
            return Self::Done(Ok(vec![address].into_iter()));
        }
        let names = names.clone();
        Self::Running(Box::pin(async move { names.resolve(&name).await }))
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<&mut Result<vec::IntoIter<IpAddr>, LookupError>> {
        if let Self::Running(lookup) = self {
            let Poll::Ready(result) = lookup.as_mut().poll(context) else { return Poll::Pending };
            *self = Self::Done(result.map(Vec::into_iter));
        }
        match self {
            Self::Done(result) => Poll::Ready(result),
            Self::Running(_) => Poll::Pending,
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Lookup {
    async fn ready(&mut self) {
        poll_fn(|context| self.poll(context).map(|_| ())).await;
    }
}

// What errors mean to whoever looks up a name, wasmtime-wasi knows.
impl network::Host for State {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        self.sockets().convert_error_code(error)
    }

    fn network_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        self.sockets().network_error_code(error)
    }
}

impl network::HostNetwork for State {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        network::HostNetwork::drop(&mut self.sockets(), network)
    }
}

impl ip_name_lookup::Host for State {
    fn resolve_addresses(
        &mut self,
        network: Resource<Network>,
        name: String,
    ) -> Result<Resource<ResolveAddressStream>, SocketError> {
        let lookup = Lookup::new(&self.names, name);
        let table = self.ctx().table;
        table.get(&network)?;
        let lookup = table.push(lookup)?;
        // wasmtime-wasi's own type can't be made elsewhere; it is only a number here.
        Ok(Resource::new_own(lookup.rep()))
    }
}

impl ip_name_lookup::HostResolveAddressStream for State {
    fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> Result<Option<IpAddress>, SocketError> {
        let lookup = self.ctx().table.get_mut(&Resource::<Lookup>::new_borrow(stream.rep()))?;
        match lookup.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => Err(ErrorCode::WouldBlock.into()),
            Poll::Ready(Ok(addresses)) => Ok(addresses.next().map(IpAddress::from)),
            Poll::Ready(Err(error)) => Err(ErrorCode::from(*error).into()),
        }
    }

    fn subscribe(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.ctx().table, Resource::<Lookup>::new_borrow(stream.rep()))
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        self.ctx().table.delete(Resource::<Lookup>::new_own(stream.rep()))?;
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{collections::HashMap, io, sync::Mutex};

    use super::*;
    use crate::capability::lookups::{Resolution, Resolver, TRIES, Turn};

    /// A resolver that knows what a test has written, and remembers who asked.
    #[derive(Default)]
    pub(crate) struct Book {
        pages: Mutex<HashMap<String, Vec<IpAddr>>>,
        asked: Mutex<Vec<String>>,
    }

    impl Book {
        pub(crate) fn write(&self, name: &str, addresses: &[&str]) {
            let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
            self.pages.lock().unwrap().insert(name.to_owned(), addresses);
        }
    }

    impl Resolver for Book {
        fn resolve(&self, name: &str, _turn: Turn) -> Resolution {
            self.asked.lock().unwrap().push(name.to_owned());
            let page = self.pages.lock().unwrap().get(name).cloned();
            Box::pin(std::future::ready(page.ok_or_else(|| io::ErrorKind::NotFound.into())))
        }
    }

    pub(crate) fn names<'a>(
        endpoints: impl IntoIterator<Item = &'a Endpoint>,
        book: &Arc<Book>,
    ) -> Names {
        Names::new(endpoints, Lookups::new(book.clone()), SharedCapture::nobodys())
    }

    fn granted(endpoints: &[&str], book: &Arc<Book>) -> Names {
        let endpoints: Vec<Endpoint> = endpoints.iter().map(|text| text.parse().unwrap()).collect();
        names(&endpoints, book)
    }

    fn addresses(texts: &[&str]) -> Result<Vec<IpAddr>, LookupError> {
        Ok(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[tokio::test]
    async fn a_name_that_is_not_granted_is_not_asked_for() {
        let book = Arc::new(Book::default());
        book.write("evil.example", &["1.1.1.1"]);
        let names = granted(&["api.example:443", "10.0.0.1:80"], &book);
        for name in ["evil.example", "secret.api.example", "", "api.example..", "api.example\0"] {
            assert_eq!(names.resolve(name).await, Err(LookupError::Denied), "{name:?}");
        }
        assert!(book.asked.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_name_is_looked_up_once_whatever_it_says_later() {
        let book = Arc::new(Book::default());
        book.write("api.example", &["1.1.1.1", "::ffff:1.1.1.1", "1.1.1.1"]);
        let names = granted(&["api.example:443", "api.example:80"], &book);
        assert_eq!(names.resolve("API.example.").await, addresses(&["1.1.1.1"]));
        book.write("api.example", &["8.8.8.8"]);
        assert_eq!(names.resolve("api.example").await, addresses(&["1.1.1.1"]));
        assert_eq!(*book.asked.lock().unwrap(), ["api.example"]);
        assert_eq!(names.of("1.1.1.1".parse().unwrap()).count(), 1);
        assert_eq!(names.of("8.8.8.8".parse().unwrap()).count(), 0);
    }

    #[tokio::test]
    async fn what_is_not_public_is_left_out_unless_it_is_named() {
        let book = Arc::new(Book::default());
        book.write("api.example", &["10.0.0.1", "1.1.1.1", "::1", "169.254.169.254"]);
        book.write("inner.example", &["10.0.0.1", "fd00::1"]);
        let names = granted(&["api.example:443", "inner.example:80"], &book);
        assert_eq!(names.resolve("api.example").await, addresses(&["1.1.1.1"]));
        assert_eq!(names.resolve("inner.example").await, Err(LookupError::Denied));
        let mut inner: Endpoint = "inner.example:80".parse().unwrap();
        inner.within = vec!["10.0.0.0/8".parse().unwrap()];
        let names = self::names([&inner], &book);
        assert_eq!(names.resolve("inner.example").await, addresses(&["10.0.0.1"]));
    }

    #[tokio::test]
    async fn localhost_is_this_machine_and_nobody_is_asked() {
        let book = Arc::new(Book::default());
        book.write("localhost", &["1.1.1.1"]);
        let names = granted(&["localhost:80"], &book);
        assert_eq!(names.resolve("localhost").await, addresses(&["127.0.0.1", "::1"]));
        assert!(book.asked.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_name_that_fails_may_be_asked_for_again_but_not_for_ever() {
        let book = Arc::new(Book::default());
        let names = granted(&["api.example:443"], &book);
        for _ in 0..TRIES - 1 {
            assert_eq!(names.resolve("api.example").await, Err(LookupError::Unknown));
        }
        book.write("api.example", &["1.1.1.1"]);
        assert_eq!(names.resolve("api.example").await, addresses(&["1.1.1.1"]));
        let names = granted(&["none.example:443"], &book);
        for _ in 0..TRIES {
            assert_eq!(names.resolve("none.example").await, Err(LookupError::Unknown));
        }
        assert_eq!(names.resolve("none.example").await, Err(LookupError::Exhausted));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_resolver_that_never_answers() {
        struct Silent;
        impl Resolver for Silent {
            fn resolve(&self, _name: &str, _turn: Turn) -> Resolution {
                Box::pin(std::future::pending())
            }
        }
        let endpoint: Endpoint = "api.example:443".parse().unwrap();
        let names =
            Names::new([&endpoint], Lookups::new(Arc::new(Silent)), SharedCapture::nobodys());
        assert_eq!(names.resolve("api.example").await, Err(LookupError::Late));
    }

    #[test]
    fn an_address_leads_to_itself() {
        let mut lookup = Lookup::new(&granted(&[], &Arc::default()), "10.0.0.1".to_owned());
        let Poll::Ready(Ok(addresses)) = lookup.poll(&mut Context::from_waker(Waker::noop()))
        else {
            panic!("it has to be known at once");
        };
        assert_eq!(addresses.next(), Some("10.0.0.1".parse().unwrap()));
    }
}
