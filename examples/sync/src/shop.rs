//! The shop's side: `GET /orders?after=17&limit=100` answers with a list of the first 100
//! orders after the one with the id 17, in the order of their ids.

use std::time::Duration;

use horarium_sdk::{http, prelude::*};

/// An order, as the shop tells it. What else it tells is nothing to us.
#[args(allow_unknown_fields)]
#[output]
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) id: u64,
    customer: String,
    cents: i64,
}

/// The first orders after one id, as many as `limit`.
///
/// What it fails with knows whether another attempt makes sense.
pub(crate) fn orders(url: &str, after: u64, limit: u32) -> Result<Vec<Order>, http::Error> {
    http::get(url)
        .query("after", after)
        .query("limit", limit)
        .timeout(Duration::from_secs(10))
        .send()?
        .error_for_status()?
        .json()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Orders with these ids.
    pub(crate) fn orders(ids: impl IntoIterator<Item = u64>) -> Vec<Order> {
        let order = |id| Order { id, customer: format!("customer {id}"), cents: 1_250 };
        ids.into_iter().map(order).collect()
    }

    /// What a shop with these orders answers.
    pub(crate) fn answer(url: &str, orders: &[Order]) -> http::Response {
        let (_, query) = url.split_once("?after=").unwrap();
        let (after, limit) = query.split_once("&limit=").unwrap();
        let (after, limit) = (after.parse::<u64>().unwrap(), limit.parse().unwrap());
        let page = orders.iter().filter(|order| order.id > after).take(limit);
        http::Response::new(200).with_json(&page.collect::<Vec<_>>())
    }

    #[test]
    fn what_else_a_shop_tells_is_passed_over() {
        let _context = Context::for_test("load")
            .http(|_| {
                let body = r#"[{"id": 7, "customer": "ada", "cents": -250, "colour": "red"}]"#;
                http::Response::new(200).with_body(body)
            })
            .build();
        let orders = super::orders("https://shop.example.com/orders", 0, 1).unwrap();
        assert_eq!((orders[0].id, orders[0].cents), (7, -250));
    }
}
