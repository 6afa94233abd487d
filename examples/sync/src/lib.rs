//! Copies a shop's orders, and asks only for those that are new.
//!
//! `sync` remembers how far it has come, and starts a run of `load` for each batch beyond
//! that; `load` copies one batch. What an attempt writes and starts becomes real together
//! with its success, or not at all. So the cursor never moves past a batch that nobody
//! loads, and a retry loads none twice, wherever the attempt before it had failed.

mod shop;

use horarium_sdk::prelude::*;

use shop::Order;

/// What `sync` keeps from one run to the next: the id of the last order that is in a batch.
const CURSOR: &str = "cursor";

/// The task that loads a batch.
const LOAD: &str = "load";

/// Where that keeps its copies: in a bucket, which others may be granted to read.
const ORDERS: &str = "orders";

/// Where to look, and how much to take on.
#[args]
struct Source {
    /// The shop's orders, such as `https://shop.example.com/orders`.
    url: String,
    /// How many orders a batch has.
    size: u32,
    /// How many batches a run starts at most. The next run goes on from there, so that
    /// the first one needs no time for all that the shop ever sold.
    batches: u32,
}

/// The orders after one id, up to and including another: all that `load` has to know.
#[args]
#[output]
#[derive(Debug, PartialEq)]
struct Batch {
    url: String,
    after: u64,
    until: u64,
    size: u32,
}

/// What a run of `sync` found.
#[output]
#[derive(Debug, PartialEq)]
struct Found {
    batches: u32,
    cursor: u64,
}

/// Starts a run for each batch of orders that is new.
#[task(every = "5m", timeout = "1m", max_attempts = 3)]
fn sync(context: &Context, source: Source) -> Result<Found> {
    let state = context.state();
    let mut found = Found { batches: 0, cursor: state.get(CURSOR)?.unwrap_or_default() };
    while found.batches < source.batches {
        let page = shop::orders(&source.url, found.cursor, source.size)?;
        let Some(Order { id: until, .. }) = page.last() else { break };
        ensure!(*until > found.cursor, "after order {} comes {until}", found.cursor);

        let (after, until) = (found.cursor, *until);
        let batch = Batch { url: source.url.clone(), after, until, size: source.size };
        context.starting(LOAD).args(&batch).key(key(context, &batch)).start()?;
        found = Found { batches: found.batches + 1, cursor: until };
        progress::note(format!("up to order {until}"));
    }
    state.set(CURSOR, &found.cursor)?;
    Ok(found)
}

/// What a batch is called: `load` has one run of each name. Nothing here starts a batch
/// twice, but somebody may set the cursor back, and what is loaded needs no second run.
///
/// The name has both ends. By its first one alone a batch that has grown meanwhile would
/// pass for the one that was loaded.
fn key(context: &Context, batch: &Batch) -> String {
    format!("{}/{}-{}", context.task(), batch.after, batch.until)
}

/// Copies a batch of orders, and returns how many they were.
#[task(manual, timeout = "30s", max_attempts = 5)]
fn load(context: &Context, batch: Batch) -> Result<usize> {
    let page = shop::orders(&batch.url, batch.after, batch.size)?;
    // Where orders were taken back since, those of the next batch have moved up.
    let orders = page.iter().take_while(|order| order.id <= batch.until);

    let copies = context.bucket(ORDERS);
    let mut loaded = 0;
    for order in orders {
        // As many digits as any has: keys are in the order of ids.
        copies.set(&format!("{:020}", order.id), order)?;
        loaded += 1;
    }
    log::info!("{loaded} orders after {}", batch.after);
    Ok(loaded)
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use horarium_sdk::{TestContext, http, serde_json};

    use super::*;
    use crate::shop::tests::{answer, orders};

    const URL: &str = "https://shop.example.com/orders";

    /// A context in which the shop has these orders.
    fn with(task: &str, stock: &Rc<RefCell<Vec<Order>>>) -> TestContext {
        let stock = Rc::clone(stock);
        Context::for_test(task).http(move |request| answer(request.url(), &stock.borrow()))
    }

    fn stock(ids: impl IntoIterator<Item = u64>) -> Rc<RefCell<Vec<Order>>> {
        Rc::new(RefCell::new(orders(ids)))
    }

    fn source(batches: u32) -> Source {
        Source { url: URL.to_owned(), size: 2, batches }
    }

    fn batch(after: u64, until: u64) -> Batch {
        Batch { url: URL.to_owned(), after, until, size: 2 }
    }

    /// The keys of the runs that were started.
    fn keys(context: &Context) -> Vec<String> {
        context.started().into_iter().filter_map(|run| run.key).collect()
    }

    #[test]
    fn each_run_goes_on_where_the_last_one_ended() {
        let stock = stock(1..=3);
        let context = with("sync", &stock).build();
        assert_eq!(sync(&context, source(9)).unwrap(), Found { batches: 2, cursor: 3 });
        assert_eq!(keys(&context), ["sync/0-2", "sync/2-3"]);
        assert_eq!(sync(&context, source(9)).unwrap(), Found { batches: 0, cursor: 3 });

        stock.borrow_mut().extend(orders([7, 8, 9]));
        assert_eq!(sync(&context, source(9)).unwrap(), Found { batches: 2, cursor: 9 });
        assert_eq!(keys(&context)[2..], ["sync/3-8", "sync/8-9"]);
    }

    #[test]
    fn what_is_started_is_what_load_takes() {
        let context = with("sync", &stock(1..=2)).build();
        sync(&context, source(1)).unwrap();
        let started = context.started().remove(0);
        assert_eq!(started.task, LOAD);
        let args = serde_json::from_value::<Batch>(started.args.unwrap()).unwrap();
        assert_eq!(args, batch(0, 2));
    }

    #[test]
    fn a_run_takes_on_so_much_and_no_more() {
        let context = with("sync", &stock(1..=100)).build();
        assert_eq!(sync(&context, source(3)).unwrap(), Found { batches: 3, cursor: 6 });
        assert_eq!(context.state().get(CURSOR).unwrap(), Some(6_u64));
    }

    #[test]
    fn a_failure_on_the_way_leaves_the_cursor_where_it_was() {
        let mut asked = 0;
        let context = Context::for_test("sync").http(move |request| {
            asked += 1;
            if asked == 2 {
                http::Response::new(503)
            } else {
                answer(request.url(), &orders(1..=9))
            }
        });
        let context = context.build();
        assert!(sync(&context, source(9)).is_err());
        assert_eq!(context.state().get::<u64>(CURSOR).unwrap(), None);
    }

    #[test]
    fn a_shop_that_repeats_itself_is_not_followed_for_ever() {
        let context = Context::for_test("sync")
            .http(|_| http::Response::new(200).with_json(&orders([5])))
            .build();
        let error = sync(&context, source(u32::MAX)).unwrap_err();
        assert_eq!(error.to_string(), "after order 5 comes 5");
    }

    #[test]
    fn a_batch_ends_where_it_ended() {
        // Order 2 was taken back, and 4 has moved up.
        let context = with("load", &stock([1, 3, 4])).build();
        assert_eq!(load(&context, batch(1, 3)).unwrap(), 1);
        let copies = context.bucket(ORDERS).entries::<Order>("");
        let ids: Vec<_> = copies.map(|copy| copy.unwrap().1.id).collect();
        assert_eq!(ids, [3]);
    }
}
