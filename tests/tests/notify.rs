//! People hear of tasks: once when something goes wrong, and once when it is over.

use base64::{Engine, prelude::BASE64_STANDARD};
use e2e::{
    Serving, Workspace,
    asking::{ask, read},
    inbox::{Endpoint, MailServer, Post},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// A task that fails or succeeds as whoever starts it wants.
const REPORT: &str = r#"
    [task.report]
    plugin = "unruly"
    function = "attempts"
    args = { succeed_on = 1 }
    schedule = { manual = true }
    retry = { max_attempts = 1 }
"#;

/// A webhook that hears of it.
fn webhook(url: &str) -> String {
    format!("[notify.ops]\nwebhook = {{ url = \"{url}\" }}\n{REPORT}")
}

fn fail(workspace: &Workspace, host: &mut Serving) {
    start(workspace, host, r#"{"succeed_on":2}"#, "failed");
}

fn succeed(workspace: &Workspace, host: &mut Serving) {
    start(workspace, host, r#"{"succeed_on":1}"#, "succeeded");
}

fn start(workspace: &Workspace, host: &mut Serving, args: &str, verdict: &str) {
    let _ = workspace.run(&["trigger", "report", "--args", args]).succeeded();
    assert_eq!(host.over("report")["verdict"], verdict);
}

fn event(post: &Post) -> (&str, &str) {
    let word = |key: &str| post.body[key].as_str().unwrap_or_default();
    (word("event"), word("task"))
}

#[test]
fn a_webhook_hears_of_a_failure_once_and_of_its_end() {
    let endpoint = Endpoint::start();
    let workspace = Workspace::new(&webhook(&endpoint.url()));
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    fail(&workspace, &mut host);
    let first = endpoint.next();
    assert!(first.head.starts_with("POST /hooks/s3cr3t HTTP/1.1"), "{}", first.head);
    assert_eq!(event(&first), ("failure", "report"));
    assert_eq!(first.body["text"], "report failed (run 1): attempt 1 is too early");
    assert_eq!(first.body["reason"], "attempt 1 is too early");
    let run = &first.body["run"];
    assert_eq!(
        (&run["run"], &run["state"], &run["attempts"]),
        (&json!(1), &json!("failed"), &json!(1))
    );
    fail(&workspace, &mut host);
    fail(&workspace, &mut host);
    succeed(&workspace, &mut host);
    let second = endpoint.next();
    assert_eq!(event(&second), ("recovery", "report"));
    assert_eq!(
        (&second.body["condition"], &second.body["run"]["run"]),
        (&json!("failure"), &json!(4))
    );
    assert_eq!(second.body["since"], first.body["at"]);
    assert_ne!(second.body["id"], first.body["id"]);
    let _ = host.stop().succeeded();
    assert_eq!(endpoint.rest().len(), 0);

    // Anybody can look it up.
    let alerts = workspace.run(&["alerts", "--json"]).succeeded().json();
    assert_eq!(alerts.as_array().unwrap().len(), 2);
    let delivery = &alerts[1]["deliveries"][0];
    assert_eq!((&delivery["channel"], &delivery["state"]), (&json!("ops"), &json!("delivered")));
    let table = workspace.run(&["alerts", "-n", "1"]).succeeded().stdout;
    assert!(table.contains("report succeeds again (run 4)") && table.contains("✔ ops"), "{table}");
    assert!(!table.contains("too early"), "{table}");
}

#[test]
fn what_is_posted_is_signed() {
    let endpoint = Endpoint::start();
    let workspace = Workspace::new("");
    workspace.write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    workspace.configure(&format!(
        "[notify.ops.webhook]\nurl = {:?}\nsecret = {{ from_file = \"secret\" }}\n\
         headers = {{ X-Team = \"night\" }}\n{REPORT}",
        endpoint.url()
    ));
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    fail(&workspace, &mut host);
    let post = endpoint.next();
    assert_eq!((post.header("x-team"), post.header("content-type")), ("night", "application/json"));
    assert_eq!(post.header("webhook-id"), post.body["id"].as_str().unwrap());
    let key = BASE64_STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let (id, at) = (post.header("webhook-id"), post.header("webhook-timestamp"));
    mac.update(format!("{id}.{at}.{}", post.text).as_bytes());
    let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(post.header("webhook-signature"), expected);
    // Neither the secret nor the address, which may be one, is told to anybody.
    let channels = workspace.run(&["channels", "--json"]).succeeded();
    let (told, _) = host.stop_and_tell();
    for text in [channels.stdout, Value::from(told).to_string()] {
        assert!(!text.contains("MfKQ9r8GKYqr") && !text.contains("s3cr3t"), "{text}");
    }
}

#[test]
fn what_does_not_arrive_is_brought_again_by_the_next_host_as_well() {
    let endpoint = Endpoint::start();
    let workspace = Workspace::new(&webhook(&endpoint.url()));
    endpoint.answer_next("503 Busy");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    fail(&workspace, &mut host);
    let first = endpoint.next();
    let told = host.event("alert_delayed");
    assert!(told["error"].as_str().unwrap().contains("503"), "{told}");
    // It has the same id, by which whoever gets it twice can tell.
    assert_eq!(endpoint.next().body, first.body);
    host.event("alert_delivered");
    // This one nobody takes while this host lives.
    (0..1_000).for_each(|_| endpoint.answer_next("500 No"));
    succeed(&workspace, &mut host);
    let lost = endpoint.next();
    assert_eq!(event(&lost), ("recovery", "report"));
    drop(host.kill());
    assert!(endpoint.rest().iter().all(|post| post.body == lost.body));
    endpoint.answer_well();
    let mut host = workspace.serve(&[]);
    assert_eq!(endpoint.next().body, lost.body);
    host.event("alert_delivered");
    let _ = host.stop().succeeded();
}

#[test]
fn who_asks_to_be_left_alone_for_good_is() {
    let endpoint = Endpoint::start();
    let workspace = Workspace::new(&webhook(&endpoint.url()));
    endpoint.answer_next("410 Gone");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    fail(&workspace, &mut host);
    assert!(host.event("alert_given_up")["error"].as_str().unwrap().contains("410"));
    // The next one is another matter.
    succeed(&workspace, &mut host);
    host.event("alert_delivered");
    let _ = host.stop().succeeded();
    let alerts = workspace.run(&["alerts", "--json"]).succeeded().json();
    let states = [0, 1].map(|place| &alerts[place]["deliveries"][0]["state"]);
    assert_eq!(states, ["delivered", "given_up"]);
}

#[test]
fn a_task_hears_of_others_and_not_of_itself() {
    let workspace = Workspace::new(&format!(
        r#"
        [notify.pager]
        task = "pager"
        [task.pager]
        plugin = "unruly"
        function = "echo"
        schedule = {{ manual = true }}
        overlap = "queue_all"
        {REPORT}
        "#
    ));
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    fail(&workspace, &mut host);
    assert_eq!(host.over("pager")["verdict"], "succeeded");
    let run = workspace.runs("pager").remove(0);
    let heard = &run["output"]["args"];
    assert_eq!((&heard["event"], &heard["task"]), (&json!("failure"), &json!("report")));
    // Its own failure is nothing that it is told.
    workspace.configure(&format!(
        r#"
        [notify.pager]
        task = "pager"
        [task.pager]
        plugin = "unruly"
        function = "echo"
        fuel = 1_000
        retry = {{ max_attempts = 1 }}
        schedule = {{ manual = true }}
        {REPORT}
        "#
    ));
    let _ = workspace.run(&["reload"]).succeeded();
    let _ = workspace.run(&["trigger", "pager"]).succeeded();
    assert_eq!(host.over("pager")["verdict"], "out_of_fuel");
    succeed(&workspace, &mut host);
    host.until("the recovery of report", |event| {
        event["event"] == "alert_handed" && event["alert"]["raised"] == false
    });
    host.over("pager");
    let _ = host.stop().succeeded();
    assert_eq!(workspace.runs("pager").len(), 3);
    let alerts = workspace.run(&["alerts", "--json", "-t", "pager"]).succeeded().json();
    assert_eq!(
        (&alerts[0]["condition"], &alerts[0]["deliveries"]),
        (&json!("failure"), &json!([]))
    );
}

#[test]
fn a_channel_that_is_new_hears_what_is_wrong() {
    let endpoint = Endpoint::start();
    let workspace = Workspace::new(REPORT);
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    fail(&workspace, &mut host);
    workspace.configure(&webhook(&endpoint.url()));
    let _ = workspace.run(&["reload"]).succeeded();
    assert_eq!(event(&endpoint.next()), ("failure", "report"));
    host.event("alert_delivered");
    let _ = host.stop().succeeded();
    // Once: the next host has no news.
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    succeed(&workspace, &mut host);
    assert_eq!(event(&endpoint.next()), ("recovery", "report"));
    let _ = host.stop().succeeded();
}

#[test]
fn an_alert_has_arrived_when_the_run_that_brings_it_has_succeeded() {
    let pager = |fuel: u32| {
        format!(
            r#"
            [notify.pager]
            task = "pager"
            [task.pager]
            plugin = "unruly"
            function = "echo"
            fuel = {fuel}
            retry = {{ max_attempts = 1 }}
            schedule = {{ manual = true }}
            {REPORT}
            "#
        )
    };
    let workspace = Workspace::new(&pager(1_000));
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    fail(&workspace, &mut host);
    host.event("alert_handed");
    let delayed = host.event("alert_delayed");
    let error = delayed["error"].as_str().unwrap();
    assert!(error.starts_with("run 2 of task pager ended as out_of_fuel"), "{error}");
    let refused =
        ask(&workspace.path("data"), "POST", "/api/v1/channels/pager/test", "").problem(502);
    assert!(refused.contains("ended as out_of_fuel"), "{refused}");
    // Another run has another chance.
    workspace.configure(&pager(10_000_000));
    let _ = workspace.run(&["reload"]).succeeded();
    host.until("the alert of report", |event| {
        event["event"] == "alert_delivered" && event["alert"]["task"] == "report"
    });
    let _ = workspace.run(&["channels", "test", "pager"]).succeeded();
    let _ = host.stop().succeeded();
    let alerts = workspace.run(&["alerts", "--json", "-t", "report"]).succeeded().json();
    let delivery = &alerts[0]["deliveries"][0];
    assert_eq!(delivery["state"], "delivered");
    let run = workspace.run(&["runs", &delivery["run"].to_string(), "--json"]).succeeded().json();
    assert_eq!((&run["run"]["task"], &run["run"]["state"]), (&json!("pager"), &json!("succeeded")));
}

#[test]
fn an_alert_that_no_handler_could_read_is_no_channels() {
    let workspace = Workspace::new(&format!("[notify.pager]\ntask = \"report\"\n{REPORT}"));
    let check = workspace.run(&["check"]).failed();
    let _ = check.says(&["alerts are no arguments for `attempts`", "notify.pager.task"]);
}

#[test]
fn a_task_that_does_not_succeed_in_time_is_told_and_then_that_it_did() {
    let endpoint = Endpoint::start();
    let workspace = Workspace::new(&format!("{}\ndeadman = \"500ms\"", webhook(&endpoint.url())));
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let dead = endpoint.next();
    assert_eq!(event(&dead), ("deadman", "report"));
    assert!(dead.body["text"].as_str().unwrap().starts_with("report did not succeed in time"));
    succeed(&workspace, &mut host);
    let alive = endpoint.next();
    assert_eq!(
        (event(&alive), &alive.body["condition"]),
        (("recovery", "report"), &json!("deadman"))
    );
    // And so on.
    assert_eq!(event(&endpoint.next()), ("deadman", "report"));
}

#[test]
fn a_run_that_waits_for_room_for_too_long_is_told() {
    let endpoint = Endpoint::start();
    let workspace = Workspace::new(&format!(
        r#"
        [host]
        capacity = 1
        [notify.ops]
        webhook = {{ url = "{}" }}
        on = ["lateness", "recovery", "skip"]
        tasks = ["report", "gat*"]
        [task.gated]
        plugin = "unruly"
        schedule = {{ manual = true }}
        function = "wait"
        args = {{ path = "/gate/open" }}
        timeout = "5m"
        fuel = "unlimited"
        grants.dirs = [{{ host = "gate", guest = "/gate" }}]
        {REPORT}
        late_after = "300ms"
        "#,
        endpoint.url()
    ));
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let _ = workspace.run(&["trigger", "gated"]).succeeded();
    host.says("gated", "waiting");
    let _ = workspace.run(&["trigger", "report"]).succeeded();
    let late = endpoint.next();
    assert_eq!(event(&late), ("lateness", "report"));
    assert_eq!(late.body["run"]["state"], "scheduled");
    workspace.write("gate/open", "");
    host.all_over(&["gated", "report"]);
    succeed(&workspace, &mut host);
    assert_eq!(event(&endpoint.next()), ("recovery", "report"));
}

#[test]
fn a_test_message_says_whether_a_channel_works() {
    let endpoint = Endpoint::start();
    let workspace = Workspace::new(&format!(
        "[notify.dead]\nwebhook = {{ url = \"http://127.0.0.1:1/\" }}\n{}",
        webhook(&endpoint.url())
    ));
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let ran = workspace.run(&["channels", "test", "ops"]).succeeded();
    assert_eq!(ran.stdout, "the test has come to ops\n");
    let post = endpoint.next();
    assert_eq!(event(&post), ("test", ""));
    let _ = workspace.run(&["channels", "test", "dead"]).failed().says(&["dead", "refused"]);
    let _ = workspace.run(&["channels", "test", "none"]).failed().says(&["no channel `none`"]);
    let data = workspace.path("data");
    let _ = ask(&data, "POST", "/api/v1/channels/dead/test", "").problem(502);
    let _ = ask(&data, "POST", "/api/v1/channels/..%2F/test", "").problem(404);
    let channels = ask(&data, "GET", "/api/v1/channels", "").good();
    assert_eq!((&channels[1]["channel"], &channels[1]["kind"]), (&json!("ops"), &json!("webhook")));
    let alerts = ask(&data, "GET", "/api/v1/alerts", "").good();
    assert_eq!(alerts, json!({ "items": [] }));
    let _ = ask(&data, "GET", "/api/v1/alerts?cursor=x", "").problem(400);
    let _ = host.stop().succeeded();
}

#[test]
fn a_mail_comes_to_everybody() {
    let Some(server) = MailServer::start(None) else { return };
    let workspace = Workspace::new(&format!(
        r#"
        [notify.mail]
        email = {{ server = "smtp://localhost:{}", from = "Horarium <cron@example.com>", to = ["a@example.com", "b@example.com"] }}
        {REPORT}
        "#,
        server.port
    ));
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    fail(&workspace, &mut host);
    // One each, so that nobody is left out where the server refuses another one.
    let [mail, other] = [server.next(), server.next()];
    assert_eq!((&mail["from"], &mail["tls"]), (&json!("cron@example.com"), &json!(false)));
    assert_eq!([&mail["to"][0], &other["to"][0]], ["a@example.com", "b@example.com"]);
    assert_eq!(mail["content"], other["content"]);
    let content = mail["content"].as_str().unwrap();
    for line in
        ["Subject: [horarium] report failed", "Run:           1", "  attempt 1 is too early"]
    {
        assert!(content.lines().any(|it| it == line), "{line} in {content}");
    }
    succeed(&workspace, &mut host);
    assert!(server.next()["content"].as_str().unwrap().contains("report succeeds again"));
    let _ = host.stop().succeeded();
}

#[test]
fn a_mail_takes_a_password_by_tls_alone() {
    let workspace = Workspace::new("");
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    workspace.write("cert.pem", params.self_signed(&key).unwrap().pem());
    workspace.write("key.pem", key.serialize_pem());
    let (cert, key) = (workspace.path("cert.pem"), workspace.path("key.pem"));
    let Some(server) = MailServer::start(Some((&cert, &key))) else { return };
    workspace.write("password", "correct horse\n");
    workspace.write("wrong", "wrong horse\n");
    // By that name, and not loopback by its looks: it takes TLS.
    let email = |name: &str, password: &str, ca: &str| {
        format!(
            r#"
            [notify.{name}.email]
            server = "smtp://localhost:{}"
            starttls = true
            user = "cron"
            password = {{ from_file = "{password}" }}
            from = "cron@example.com"
            to = ["a@example.com"]
            {ca}
            "#,
            server.port
        )
    };
    let ca = "ca = \"cert.pem\"";
    workspace.configure(
        &[
            email("good", "password", ca),
            email("wrong", "wrong", ca),
            email("strange", "password", ""),
            REPORT.to_owned(),
        ]
        .concat(),
    );
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let _ = workspace.run(&["channels", "test", "good"]).succeeded();
    let mail = server.next();
    assert_eq!((&mail["tls"], &mail["user"]), (&json!(true), &json!("cron")));
    let _ = workspace.run(&["channels", "test", "wrong"]).failed().says(&["535"]);
    let ran = workspace.run(&["channels", "test", "strange"]).failed();
    assert!(ran.stderr.contains("certificate"), "{ran}");
    assert!(!ran.stderr.contains("horse"), "{ran}");
    let _ = host.stop().succeeded();
}

#[test]
fn what_is_wrong_now_is_seen_at_one_look() {
    let workspace = Workspace::new(&format!("{REPORT}\nquarantine = 1"));
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let open = |more: &[&str]| {
        let here = workspace.run(&[&["alerts", "--open", "--json"], more].concat());
        let here = here.succeeded().json();
        let path = "/api/v1/alerts?open=true";
        let there = ask(&workspace.path("data"), "GET", path, "").good();
        assert_eq!(here, there["items"]);
        let words = here.as_array().unwrap().iter().map(|alert| alert["condition"].clone());
        words.collect::<Vec<_>>()
    };
    assert_eq!(open(&[]), [] as [Value; 0]);
    let nothing = workspace.run(&["alerts", "--open"]).succeeded().stdout;
    assert_eq!(nothing, "nothing is wrong now\n");
    fail(&workspace, &mut host);
    assert_eq!(open(&[]), ["quarantine", "failure"]);
    let table = workspace.run(&["alerts", "--open"]).succeeded().stdout;
    assert!(
        table.contains("✘ quarantine") && table.contains("nobody is told: no channel"),
        "{table}"
    );
    let data = workspace.path("data");
    let (_, overview) = read(&data, "/");
    assert!(overview.contains("Open alerts") && overview.contains("put aside"), "{overview}");
    // One of the two is over.
    let _ = workspace.run(&["resume", "report"]).succeeded();
    assert_eq!(open(&["-t", "report"]), ["failure"]);
    succeed(&workspace, &mut host);
    assert_eq!(open(&[]), [] as [Value; 0]);
    assert!(!read(&data, "/").1.contains("Open alerts"));
    let (_, page) = read(&data, "/alerts?open=true");
    assert!(page.contains("Nothing is wrong now"), "{page}");
    let table = workspace.run(&["alerts"]).succeeded().stdout;
    assert!(table.contains("✔ failure") && table.contains("✘ failure"), "{table}");
    // Nothing is wrong with what there is no more.
    fail(&workspace, &mut host);
    workspace.configure("");
    let _ = workspace.run(&["reload"]).succeeded();
    assert_eq!(open(&[]), [] as [Value; 0]);
    let _ = ask(&workspace.path("data"), "GET", "/api/v1/alerts?open=perhaps", "").problem(400);
    let _ = host.stop().succeeded();
}

#[test]
fn an_alert_whose_run_is_forgotten_leads_nowhere() {
    let workspace = Workspace::new(REPORT);
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    fail(&workspace, &mut host);
    succeed(&workspace, &mut host);
    let data = workspace.path("data");
    let (_, page) = read(&data, "/alerts");
    assert!(page.contains("href=\"/runs/1\"") && page.contains("href=\"/runs/2\""), "{page}");
    assert!(page.contains("nobody: no channel is set up"), "{page}");
    let _ = host.stop().succeeded();
    // As retention does it.
    let database = rusqlite::Connection::open(data.join("history.sqlite")).unwrap();
    database.pragma_update(None, "foreign_keys", false).unwrap();
    database.execute("DELETE FROM run WHERE id = 1", []).unwrap();
    drop(database);
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let (_, page) = read(&data, "/alerts");
    assert!(!page.contains("href=\"/runs/1\"") && page.contains("href=\"/runs/2\""), "{page}");
    assert!(page.contains("report failed (run 1)"), "{page}");
    let _ = host.stop().succeeded();
}
