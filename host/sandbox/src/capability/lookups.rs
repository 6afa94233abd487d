//! Where names lead, looked up for one attempt: each name once, however many of its
//! connections and requests want to know, and few at a time.
//!
//! A look-up holds a thread for as long as some name server likes, and whoever has
//! stopped waiting for it does not end it. So an attempt's own share of the threads
//! comes back only with the threads.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi::runtime::spawn;

/// How often one attempt may ask for the same name: one that could not be resolved
/// may be asked for again.
pub(super) const TRIES: u32 = 8;

/// Addresses of a name that are kept.
const ADDRESSES: usize = 64;

/// Look-ups of the whole process at one time.
const THREADS: usize = 32;

/// Look-ups of one attempt at one time: a name server that keeps them waiting keeps
/// nobody else.
const SHARE: usize = 2;

/// Finds the addresses of a name.
pub trait Resolver: Send + Sync {
    /// All addresses of this name, which has no final dot. The turn is held for as
    /// long as anything is done about it, whether or not somebody waits.
    fn resolve(&self, name: &str, turn: Turn) -> Resolution;
}

/// The right of an attempt to have one name looked up at this time.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "it ends when it is dropped")] OwnedSemaphorePermit);

/// The addresses of a name, when they are known.
pub type Resolution = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// The machine's own resolver.
pub(crate) struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(&self, name: &str, turn: Turn) -> Resolution {
        static FREE: Semaphore = Semaphore::const_new(THREADS);
        let name = name.to_owned();
        Box::pin(async move {
            let thread = FREE.acquire().await.map_err(io::Error::other)?;
            let lookup = move || {
                // Held until the system answers.
                let _held = (turn, thread);
                let found = (name.as_str(), 0).to_socket_addrs()?;
                Ok(found.map(|address| address.ip()).collect())
            };
            tokio::task::spawn_blocking(lookup).await.map_err(io::Error::other)?
        })
    }
}

/// Why a name leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unresolved {
    #[error(transparent)]
    Failed(#[from] io::Error),
    #[error("the attempt has asked for it too often")]
    TooOften,
}

/// The look-ups of one attempt.
#[derive(Clone)]
pub(crate) struct Lookups(Arc<Inner>);

struct Inner {
    resolver: Arc<dyn Resolver>,
    share: Arc<Semaphore>,
    /// By name. Only those that are granted are asked for, so they are few.
    led: Mutex<BTreeMap<String, Arc<Led>>>,
}

/// Where a name has led in one attempt.
#[derive(Default)]
struct Led {
    tries: AtomicU32,
    addresses: OnceCell<Vec<IpAddr>>,
}

impl Lookups {
    pub(crate) fn new(resolver: Arc<dyn Resolver>) -> Self {
        let (share, led) = (Arc::new(Semaphore::new(SHARE)), Mutex::default());
        Self(Arc::new(Inner { resolver, share, led }))
    }

    /// Forgets where names have led: another attempt asks anew. What is still being
    /// looked up goes on counting.
    pub(crate) fn renew(&self) {
        self.all(BTreeMap::clear);
    }

    /// Where this name led when it was first asked for. Without its final dot, in
    /// lower case.
    pub(crate) async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, Unresolved> {
        let led = self.all(|all| all.entry(name.to_owned()).or_default().clone());
        if let Some(addresses) = led.addresses.get() {
            return Ok(addresses.clone());
        }
        let (inner, name) = (self.0.clone(), name.to_owned());
        // As a task: whoever waits here may be a guest that looks only now and then,
        // and others wait behind it. It ends when nobody waits any more.
        let task = spawn(async move {
            let found = led.addresses.get_or_try_init(|| inner.look_up(&name, &led.tries)).await;
            found.cloned()
        });
        task.await
    }

    /// Whether the name has led to this address.
    pub(crate) fn has_led(&self, name: &str, address: IpAddr) -> bool {
        let led = self.all(|all| all.get(name).cloned());
        let addresses = led.as_ref().and_then(|led| led.addresses.get());
        addresses.is_some_and(|addresses| addresses.contains(&address))
    }

    fn all<T>(&self, act: impl FnOnce(&mut BTreeMap<String, Arc<Led>>) -> T) -> T {
        act(&mut self.0.led.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    async fn look_up(&self, name: &str, tries: &AtomicU32) -> Result<Vec<IpAddr>, Unresolved> {
        // By RFC 6761 nobody is asked about this name.
        if name == "localhost" {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        if tries.fetch_add(1, Ordering::Relaxed) >= TRIES {
            return Err(Unresolved::TooOften);
        }
        let turn = self.share.clone().acquire_owned().await.map_err(io::Error::other)?;
        let mut addresses = Vec::new();
        let found = self.resolver.resolve(name, Turn(turn)).await?;
        for address in found.into_iter().map(horarium_core::net::plain) {
            if addresses.len() < ADDRESSES && !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    /// A resolver that never answers, and hands on the turns that it was given.
    struct Silent(mpsc::UnboundedSender<(String, Turn)>);

    impl Resolver for Silent {
        fn resolve(&self, name: &str, turn: Turn) -> Resolution {
            self.0.send((name.to_owned(), turn)).unwrap();
            Box::pin(std::future::pending())
        }
    }

    fn silent() -> (Lookups, mpsc::UnboundedReceiver<(String, Turn)>) {
        let (send, asked) = mpsc::unbounded_channel();
        (Lookups::new(Arc::new(Silent(send))), asked)
    }

    fn ask(lookups: &Lookups, name: &str) -> tokio::task::JoinHandle<()> {
        let (lookups, name) = (lookups.clone(), name.to_owned());
        tokio::spawn(async move { drop(lookups.resolve(&name).await) })
    }

    /// Lets everybody go as far as they get.
    async fn settle() {
        for _ in 0..32 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn an_attempt_has_its_share_of_the_threads_and_no_more() {
        let (lookups, mut asked) = silent();
        let waiting = ["a", "b", "c"].map(|name| ask(&lookups, name));
        settle().await;
        let (a, b) = (asked.recv().await.unwrap(), asked.recv().await.unwrap());
        assert_eq!((a.0.as_str(), b.0.as_str()), ("a", "b"));
        // Nobody waits any more, and yet the system may be at it.
        waiting[0].abort();
        lookups.renew();
        settle().await;
        assert!(asked.try_recv().is_err());
        drop(a);
        assert_eq!(asked.recv().await.unwrap().0, "c");
    }

    #[tokio::test]
    async fn those_who_ask_for_one_name_wait_for_one_answer() {
        let (lookups, mut asked) = silent();
        let waiting = [(); 3].map(|()| ask(&lookups, "a"));
        settle().await;
        assert_eq!(asked.recv().await.unwrap().0, "a");
        assert!(asked.try_recv().is_err());
        // Whoever asked first leaves, and the next one takes over.
        waiting[0].abort();
        assert_eq!(asked.recv().await.unwrap().0, "a");
    }

    #[tokio::test]
    async fn who_no_longer_waits_takes_no_turn() {
        let (lookups, mut asked) = silent();
        let _waiting = ["a", "b"].map(|name| ask(&lookups, name));
        settle().await;
        let queued = ask(&lookups, "c");
        settle().await;
        queued.abort();
        settle().await;
        let (a, _b) = (asked.recv().await.unwrap(), asked.recv().await.unwrap());
        drop(a);
        settle().await;
        assert!(asked.try_recv().is_err());
        assert_eq!(lookups.0.share.available_permits(), 1);
    }

    #[tokio::test]
    async fn a_look_up_goes_on_while_its_guest_does_something_else() {
        let (lookups, mut asked) = silent();
        let mut waiting = Box::pin(lookups.resolve("a"));
        // Looked at once, and never again.
        assert!(futures_poll(&mut waiting).is_pending());
        assert_eq!(asked.recv().await.unwrap().0, "a");
    }

    fn futures_poll<T>(future: &mut Pin<Box<impl Future<Output = T>>>) -> std::task::Poll<T> {
        let waker = std::task::Waker::noop();
        future.as_mut().poll(&mut std::task::Context::from_waker(waker))
    }
}
