//! A connection goes to an address that was checked, whatever the name says.

use super::*;

const URL: &str = "http://api.example.com/";

/// A name that resolves so, with servers behind every address.
fn world(answers: &[&[&str]]) -> World {
    let world = World::new().name("api.example.com", answers);
    let all = answers.iter().flat_map(|addresses| addresses.iter());
    all.fold(world, |world, ip| {
        let ip: IpAddr = ip.parse().unwrap();
        let plain = SocketAddr::new(horarium_core::net::plain(ip), 80).to_string();
        world.server(&SocketAddr::new(ip, 80).to_string(), says(OK)).server(&plain, says(OK))
    })
}

#[tokio::test(start_paused = true)]
async fn a_name_that_leads_inside_is_refused() {
    for inside in [
        "127.0.0.1",
        "10.0.0.7",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.7",
        "fe80::1",
        "fd00::1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ] {
        let mut attempt = world(&[&[inside]]).grant(URL, &["GET"]).start();
        let refused = attempt.fail(URL).await;
        assert!(matches!(refused, Error::DestinationIpProhibited), "{inside}: {refused}");
        assert_eq!(attempt.connected(), [""; 0], "{inside}");
        assert!(attempt.lines()[0].contains("`within = ["), "{:?}", attempt.lines());
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_leads_where_it_led_whatever_it_says_later() {
    let mut attempt = world(&[&["1.1.1.1"], &["127.0.0.1"]]).grant(URL, &["GET"]).start();
    attempt.get(URL).await.unwrap();
    attempt.get(URL).await.unwrap();
    assert_eq!(attempt.connected(), ["1.1.1.1:80", "1.1.1.1:80"]);
}

#[tokio::test(start_paused = true)]
async fn of_several_addresses_only_the_allowed_are_tried() {
    let answers: &[&[&str]] = &[&["127.0.0.1", "10.0.0.1", "::ffff:1.1.1.1", "::1"]];
    let mut attempt = world(answers).grant(URL, &["GET"]).start();
    attempt.get(URL).await.unwrap();
    assert_eq!(attempt.connected(), ["1.1.1.1:80"], "as what the kernel would connect to");
}

#[tokio::test(start_paused = true)]
async fn a_range_that_is_named_is_allowed_and_no_other() {
    let mut world = world(&[&["192.168.0.1", "10.0.0.7"]]).grant(URL, &["GET"]);
    world.grants[0].within = vec!["10.0.0.0/8".parse().unwrap()];
    let mut attempt = world.start();
    attempt.get(URL).await.unwrap();
    assert_eq!(attempt.connected(), ["10.0.0.7:80"]);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_written_out_is_meant() {
    let world = World::new().server("127.0.0.1:8080", says(OK)).server("[::1]:80", says(OK));
    let mut attempt =
        world.grant("http://127.0.0.1:8080", &["GET"]).grant("http://[::1]", &["GET"]).start();
    for url in ["http://127.1:8080/", "http://[::ffff:7f00:1]:8080/", "http://[0::1]/"] {
        attempt.get(url).await.unwrap();
    }
    assert!(matches!(attempt.fail("http://127.0.0.2:8080/").await, Error::HttpRequestDenied));
    assert!(matches!(attempt.fail("http://localhost:8080/").await, Error::HttpRequestDenied));
}

#[tokio::test(start_paused = true)]
async fn localhost_is_here_and_nowhere_else() {
    let world = World::new().name("localhost", &[&["1.1.1.1"]]);
    let world = world.server("127.0.0.1:80", says(OK)).server("1.1.1.1:80", says(OK));
    let mut attempt = world.grant("http://localhost", &["GET"]).start();
    attempt.get("http://localhost/").await.unwrap();
    assert_eq!(attempt.connected(), ["127.0.0.1:80"], "nobody is asked where it is");
}

#[tokio::test(start_paused = true)]
async fn an_address_that_swallows_everything_does_not_take_all_the_time() {
    // Nobody is at the first one.
    let world = World::new().name("api.example.com", &[&["1.1.1.1", "1.0.0.1"]]);
    let mut attempt = world.server("1.0.0.1:80", says(OK)).grant(URL, &["GET"]).start();
    attempt.get(URL).await.unwrap();
    assert_eq!(attempt.connected(), ["1.1.1.1:80", "1.0.0.1:80"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_nobody_knows_is_told() {
    let mut attempt = World::new().grant(URL, &["GET"]).start();
    let Error::DnsError { rcode: Some(reason), .. } = attempt.fail(URL).await else {
        panic!("it was not looked up");
    };
    assert_eq!(reason, "nobody knows this name");
}
