//! The page, as a browser meets it.

use e2e::{
    Serving, Web, Workspace,
    asking::{Answer, ask, submit},
};
use serde_json::{Value, json};

/// What a guest says to be taken for mark-up.
const FORGERY: &str = "</p></li></span><script>alert('guest')</script><img src=x onerror=alert(1)>";

fn get(workspace: &Workspace, path: &str) -> Answer {
    ask(&workspace.path("data"), "GET", path, "")
}

/// A page that is one, and is sound.
fn page(workspace: &Workspace, path: &str) -> String {
    let answer = get(workspace, path);
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    sound(path, &answer)
}

/// What a page says, which no browser takes for more than that.
fn sound(path: &str, answer: &Answer) -> String {
    let Value::String(html) = &answer.body else { panic!("{path}: {answer:?}") };
    for header in [
        "content-type: text/html; charset=utf-8",
        "cache-control: no-store",
        "content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'; \
         img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
        "x-content-type-options: nosniff",
    ] {
        assert!(answer.head.contains(header), "{path}: {header} in {}", answer.head);
    }
    well_formed(path, html);
    html.clone()
}

/// Tags that have no end.
const VOID: [&str; 5] = ["meta", "link", "input", "br", "img"];

/// Looks at every tag: each is closed, none has a handler or a style, no id is there twice,
/// and no address leads elsewhere.
fn well_formed(path: &str, html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    let mut rest = html.strip_prefix("<!doctype html>").expect("a page has a doctype");
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap_or_else(|| panic!("{path}: {after}"));
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{path}: </{name}> in {open:?}");
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        assert_ne!(name, "style", "{path}");
        for attribute in tag.split(' ').skip(1) {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let value = value.trim_end_matches('/').trim_matches('"');
            assert!(!key.starts_with("on") && key != "style", "{path}: <{tag}>");
            if matches!(key, "href" | "src" | "action") {
                assert!(value.starts_with(['/', '#']) && !value.starts_with("//"), "{path}: {tag}");
            }
            if key == "id" {
                assert!(!ids.contains(&value), "{path}: #{value} twice");
                ids.push(value);
            }
        }
        if name == "script" {
            assert!(tag.contains(" src=") && rest.starts_with("</script>"), "{path}: <{tag}>");
        }
        if !VOID.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{path}: {open:?}");
}

/// Sends a form, and returns where it leads.
fn send(workspace: &Workspace, path: &str, form: &str) -> String {
    let answer = submit(&workspace.path("data"), path, form);
    assert_eq!(answer.status, 303, "{path}: {answer:?}");
    let location = answer.head.lines().find_map(|line| line.strip_prefix("location: "));
    location.unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

/// A host whose guests say what is no mark-up wherever they can.
fn host() -> (Workspace, Serving) {
    let forged = format!("args = {{ message = {FORGERY:?} }}");
    let workspace = Workspace::new(&format!(
        r#"
        [defaults]
        retry = {{ max_attempts = 1 }}
        [task.fails]
        plugin = "unruly"
        function = "fail"
        args = {{ kind = "permanent", message = {FORGERY:?} }}
        schedule = {{ manual = true }}
        [task.panics]
        plugin = "unruly"
        function = "panic"
        {forged}
        schedule = {{ cron = "30 2 * * *", timezone = "Europe/Paris" }}
        [task.forges]
        plugin = "unruly"
        function = "escape"
        schedule = {{ manual = true }}
        [task.echoes]
        plugin = "unruly"
        function = "echo"
        args = {{ said = {FORGERY:?} }}
        schedule = {{ manual = true }}
        [task.waits]
        plugin = "unruly"
        function = "wait"
        args = {{ path = "/gate/open" }}
        schedule = {{ manual = true }}
        grants.dirs = [{{ host = "gate", guest = "/gate", access = "read-only" }}]
        "#
    ));
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    for (number, task) in ["fails", "panics", "forges", "echoes"].into_iter().enumerate() {
        let run = number + 1;
        let led = send(&workspace, &format!("/tasks/{task}/trigger"), "args=&key=&after=");
        assert_eq!(led, format!("/runs/{run}?done=triggered"));
        host.over(task);
    }
    (workspace, host)
}

#[test]
fn every_page_is_there_and_sound() {
    let (workspace, host) = host();
    for (path, says) in [
        ("/", "3 tasks need attention"),
        ("/?span=24h", "Timeline"),
        ("/tasks", "fails"),
        ("/tasks?q=fail&stand=failing", "fails"),
        ("/tasks?stand=paused", "No task is like that"),
        ("/tasks/fails", "permanent"),
        ("/tasks/panics", "Europe/Paris"),
        ("/runs", "Newest first"),
        ("/runs?state=failed&state=trapped&task=fails", "failed"),
        ("/runs/1", "Attempt 1"),
        ("/runs/2", "Backtrace"),
        ("/runs/3?level=warn", "stderr"),
        ("/runs/4", "Output"),
        ("/plugins", "unruly"),
        ("/plugins/unruly", "Schema of its arguments"),
        ("/alerts", "Nowhere"),
        ("/alerts?task=fails", "those of all tasks"),
    ] {
        let html = page(&workspace, path);
        assert!(html.contains(says), "{path} does not say {says:?}: {html}");
    }
    let css = page(&workspace, "/");
    let css = css.split('"').find(|text| text.ends_with("/horarium.css")).unwrap();
    let answer = get(&workspace, css);
    assert!(answer.head.contains("immutable") && answer.head.contains("text/css"), "{answer:?}");
    let other = get(&workspace, "/ui/000000000000/horarium.css");
    assert!(other.head.contains("cache-control: no-store"), "{other:?}");
    let _ = host.stop().succeeded();
}

#[test]
fn what_a_guest_says_is_text() {
    let (workspace, host) = host();
    for path in
        ["/", "/tasks/fails", "/tasks/echoes", "/runs", "/runs/1", "/runs/2", "/runs/4", "/alerts"]
    {
        let html = page(&workspace, path);
        assert!(html.contains("&#60;script&#62;alert(&#39;guest&#39;)"), "{path}: {html}");
        assert!(!html.contains("<script>") && !html.contains("<img"), "{path}: {html}");
    }
    let html = page(&workspace, "/runs/3");
    assert!(html.contains("\\u{202e}gnp.exe") && html.contains("\\u{1b}[31mred"), "{html}");
    let unfit = html.chars().find(|it| it.is_control() && *it != '\n' && *it != '\t');
    assert_eq!(unfit, None, "{html}");
    assert!(!html.contains('\u{202e}') && !html.contains('\u{2066}'), "{html}");
    let _ = host.stop().succeeded();
}

#[test]
fn forms_do_what_they_say() {
    let (workspace, mut host) = host();
    let led = send(&workspace, "/tasks/waits/trigger", "key=once&after=0s&priority=3");
    assert_eq!(led, "/runs/5?done=triggered");
    host.says("waits", "waiting");
    let again = send(&workspace, "/tasks/waits/trigger", "key=once");
    assert_eq!(again, "/runs/5?done=known");
    let html = page(&workspace, "/runs/5");
    assert!(html.contains("data-follow=\"/api/v1/runs/5/log/events"), "{html}");
    assert!(page(&workspace, "/").contains("1 run is under way"));

    assert_eq!(send(&workspace, "/runs/5/cancel", ""), "/runs/5?done=stopping");
    assert_eq!(host.over("waits")["verdict"], "cancelled");
    let html = page(&workspace, "/runs/5?done=stopping");
    assert!(
        html.contains("The guest is being stopped.") && !html.contains("data-follow"),
        "{html}"
    );
    assert_eq!(send(&workspace, "/runs/4/rerun", ""), "/runs/6?done=rerun");
    host.over("echoes");

    for (path, led, shown) in [
        ("/tasks/fails/pause", "/tasks/fails?done=paused", "Resume"),
        ("/tasks/fails/resume", "/tasks/fails?done=resumed", "Pause"),
        ("/host/pause", "/?done=host-paused", "Everything is paused"),
        ("/host/resume", "/?done=host-resumed", "takes new work"),
        ("/host/reload", "/?done=reloaded", "Last reload taken over"),
    ] {
        assert_eq!(send(&workspace, path, ""), led);
        assert!(page(&workspace, led).contains(shown), "{led}");
    }
    workspace.configure("[task.broken]\nplugin = 1\n");
    assert_eq!(send(&workspace, "/host/reload", ""), "/?done=not-reloaded");
    let html = page(&workspace, "/?done=not-reloaded");
    assert!(html.contains("Last reload refused") && html.contains("task.broken.plugin"), "{html}");
    // A sentence that stands in the address is nobody's.
    assert!(!page(&workspace, "/?done=%3Cb%3Eowned").contains("owned"));
    let _ = host.stop().succeeded();
}

#[test]
fn what_is_not_followed_is_said_on_a_page() {
    let (workspace, host) = host();
    for (path, status, says) in [
        ("/runs/99", 404, "there is no run 99"),
        ("/runs/x", 404, "a run is called by its number"),
        ("/tasks/none", 404, "there is no task"),
        ("/tasks/..%2Fa", 404, ""),
        ("/plugins/none", 404, "there is no plugin"),
        ("/plugins/%3Cscript%3E", 404, "&#60;script&#62;"),
        ("/nothing", 404, "nothing at this address"),
        ("/ui/0/secret", 404, "nothing"),
        ("/runs?state=gone", 400, "there is no state"),
        ("/runs?before=x", 400, "before"),
        ("/runs/1?line=x", 400, "cursor"),
        ("/runs/1?level=loud", 400, "level"),
        ("/tasks?after=a/b", 400, "cursor"),
        ("/tasks/fails/trigger", 405, "method"),
    ] {
        let answer = get(&workspace, path);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        let html = sound(path, &answer);
        assert!(html.contains(says), "{path} does not say {says:?}: {html}");
    }
    for (path, form, status, says) in [
        ("/tasks/fails/trigger", "args=%7B", 422, "not JSON"),
        ("/tasks/fails/trigger", "args=%7B%22kind%22%3A%22%3Cscript%3E%22%7D", 422, "fit"),
        ("/tasks/fails/trigger", "after=soon", 422, "length of time"),
        ("/tasks/fails/trigger", "priority=200", 422, "-100"),
        ("/tasks/fails/trigger", "priority=101", 422, "-100"),
        ("/tasks/none/trigger", "", 404, "no task"),
        ("/tasks/none/pause", "", 404, "no task"),
        ("/runs/1/cancel", "", 409, "is over"),
        ("/runs/99/rerun", "", 404, "no run"),
    ] {
        let answer = submit(&workspace.path("data"), path, form);
        assert_eq!(answer.status, status, "{path} {form}: {answer:?}");
        let html = sound(path, &answer);
        assert!(html.contains(says), "{path} {form} does not say {says:?}: {html}");
    }
    // What was typed is not lost.
    let answer = submit(&workspace.path("data"), "/tasks/fails/trigger", "args=%7B%22mine");
    assert!(answer.body.as_str().unwrap().contains("{&#34;mine</textarea>"), "{answer:?}");
    let runs = ask(&workspace.path("data"), "GET", "/api/v1/runs", "").good();
    assert_eq!(runs["items"][0]["run"], json!(4), "nothing has changed");
    let _ = host.stop().succeeded();
}

#[test]
fn a_long_log_is_read_from_both_ends() {
    let workspace = Workspace::new(
        r#"
        [task.chatters]
        plugin = "unruly"
        function = "log_many"
        args = { entries = 1200, bytes = 6 }
        schedule = { manual = true }
        "#,
    );
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let _ = send(&workspace, "/tasks/chatters/trigger", "");
    host.over("chatters");
    let lines = |path: &str| {
        let html = page(&workspace, path);
        let seen = |number: u32| html.contains(&format!(">{number:06}"));
        [0, 499, 500, 999, 1199].map(seen)
    };
    assert_eq!(lines("/runs/1"), [true, true, false, false, false]);
    assert_eq!(lines("/runs/1?line=1-500"), [false, false, true, true, false]);
    assert_eq!(lines("/runs/1?end"), [false, false, false, true, true]);
    assert_eq!(lines("/runs/1?level=warn"), [false; 5]);
    let html = page(&workspace, "/runs/1");
    assert!(html.contains("?level=trace&#38;line=1-500#log") && html.contains("&#38;end#log"));
    let _ = host.stop().succeeded();
}

#[test]
fn what_a_task_keeps_is_seen_and_changed() {
    let (workspace, _host) = host();
    let set = |key: &str, value: &str| {
        let _ = workspace.run(&["state", "set", "fails", key, value]).succeeded();
    };
    set(FORGERY, FORGERY);
    set("cursor", "line\n\"1\"");
    for (path, says) in [
        ("/tasks", "href=\"/state\""),
        ("/tasks/fails", "2 of 10,000"),
        ("/tasks/fails", "href=\"/state/task/fails\""),
        ("/state", "href=\"/state/task/fails\""),
        ("/state?after=task/fails", "No further one"),
        ("/state/task/fails", "href=\"/state/task/fails/entry?key=cursor\""),
        ("/state/task/fails", "alert(&#39;guest&#39;)"),
        ("/state/task/fails?prefix=none", "None begins so"),
        ("/state/task/fails?after=cursor", ">None.<"),
        ("/state/task/waits", "0 of 10,000"),
        ("/state/task/fails/entry?key=cursor", ">\nline\n&#34;1&#34;</textarea>"),
        ("/state/task/fails/entry?key=none", "There is no such key"),
    ] {
        let html = page(&workspace, path);
        assert!(html.contains(says), "{path}: {says}: {html}");
    }
    let forged: String = FORGERY.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let forged = format!("/state/task/fails/entry?key={forged}");
    for path in [forged.as_str(), "/state/task/fails", "/state"] {
        assert!(!page(&workspace, path).contains("<script>alert"), "{path}");
    }
    for (path, status, says) in [
        ("/state/task/never", 404, "no task `never`"),
        ("/state/tasks/fails", 404, "is neither"),
        ("/state/task/fails/entry?key=", 400, "a key can&#39;t be empty"),
        ("/state?after=a%2Fb", 400, "cursor"),
    ] {
        let answer = get(&workspace, path);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert!(sound(path, &answer).contains(says), "{path}: {answer:?}");
    }

    let at = "/state/task/fails/entry?key=cursor";
    let value = || workspace.run(&["state", "get", "fails", "cursor"]).succeeded().stdout;
    // A browser sends line ends of its own.
    let led = send(&workspace, at, "version=2&encoding=text&value=a%0D%0Ab");
    assert_eq!((led, value()), (format!("{at}&done=written"), "a\nb".to_owned()));
    assert!(page(&workspace, &format!("{at}&done=written")).contains("The entry is written."));
    // Somebody else was faster: nothing is lost, and the next one has seen it.
    let late = submit(&workspace.path("data"), at, "version=2&encoding=text&value=mine%3Cb%3E");
    assert_eq!(late.status, 412, "{late:?}");
    let html = sound(at, &late);
    for says in ["it has version 3 now", "mine&#60;b&#62;</textarea>", "value=\"3\""] {
        assert!(html.contains(says), "{says}: {html}");
    }
    let broken = submit(&workspace.path("data"), at, "version=3&encoding=base64&value=%3F");
    assert_eq!((broken.status, value()), (422, "a\nb".to_owned()));
    let led = send(&workspace, at, "version=3&encoding=base64&value=AAE%3D");
    assert_eq!((led, value()), (format!("{at}&done=written"), "\0\u{1}".to_owned()));
    assert!(page(&workspace, at).contains("<option value=\"base64\" selected>"));
    set("cursor", &"v".repeat((64 << 10) + 1));
    assert!(page(&workspace, at).contains("It is too long for a page"));

    let delete = "/state/task/fails/entry/delete?key=cursor";
    let late = submit(&workspace.path("data"), delete, "version=4");
    assert_eq!(late.status, 412, "{late:?}");
    assert_eq!(send(&workspace, delete, "version=5"), "/state/task/fails?done=deleted");
    let cleared = send(&workspace, "/state/task/fails/clear", "");
    assert_eq!(cleared, "/state/task/fails?done=cleared");
    assert!(page(&workspace, &cleared).contains("The bucket is empty."));
    let _ = send(&workspace, "/tasks/fails/pause", "");
    let audit = std::fs::read_to_string(workspace.path("data/audit.jsonl")).unwrap();
    for operation in ["set_entry", "delete_entry", "clear_bucket"] {
        let line = format!("\"operation\":\"{operation}\",\"target\":\"/state/task/fails");
        assert!(audit.contains(&line), "{operation}: {audit}");
    }
}

#[test]
fn nobody_sees_or_does_more_than_their_scope() {
    let workspace = Workspace::new(
        r#"
        [web]
        listen = "127.0.0.1:0"
        [task.quick]
        plugin = "noop"
        schedule = { manual = true }
        "#,
    );
    let mut host = workspace.serve(&[]);
    let web = Web::of(&mut host);
    let form = "application/x-www-form-urlencoded";
    let post = |token: &str, path: &str| {
        let token = format!("Bearer {token}");
        web.ask("POST", path, &[("Authorization", &token), ("Content-Type", form)], "")
    };
    // Who is not known logs in, and then comes back.
    for path in ["/", "/tasks/quick", "/runs/1", "/plugins"] {
        let answer = web.ask("GET", path, &[], "");
        assert_eq!(answer.status, 303, "{path}: {answer:?}");
        assert!(answer.head.contains("location: /login?next=%2f"), "{path}: {answer:?}");
    }
    let answer = web.ask("POST", "/tasks/quick/trigger", &[("Content-Type", form)], "");
    assert_eq!(answer.status, 401, "{answer:?}");

    let [read, run, admin] = ["read", "run", "admin"].map(|scope| workspace.token(scope, &[]));
    for (token, controls) in
        [(&read, [false, false]), (&run, [true, false]), (&admin, [true, true])]
    {
        let answer = web.ask_as(token, "GET", "/tasks/quick");
        let html = sound("/tasks/quick", &answer);
        let there = ["/tasks/quick/trigger", "/tasks/quick/pause"].map(|form| html.contains(form));
        assert_eq!(there, controls);
        let html = sound("/", &web.ask_as(token, "GET", "/"));
        assert_eq!(html.contains("/host/pause"), controls[1]);
        assert!(html.contains("Sign out"));
    }
    for (token, path, status) in [
        (&read, "/tasks/quick/trigger", 403),
        (&read, "/tasks/quick/pause", 403),
        (&read, "/runs/1/cancel", 403),
        (&read, "/host/reload", 403),
        (&read, "/state/task/quick/clear", 403),
        (&run, "/state/task/quick/entry?key=n", 403),
        (&run, "/state/task/quick/entry/delete?key=n", 403),
        (&run, "/tasks/quick/pause", 403),
        (&run, "/host/pause", 403),
        (&run, "/tasks/quick/trigger", 303),
        (&admin, "/tasks/quick/pause", 303),
    ] {
        let answer = post(token, path);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        if status == 403 {
            assert!(sound(path, &answer).contains("scope"), "{path}: {answer:?}");
        }
    }
    // Who may read sees which keys there are, and no value.
    let _ = workspace.run(&["state", "set", "quick", "cursor", "kept-by-quick"]).succeeded();
    for (token, controls) in [(&read, false), (&run, false), (&admin, true)] {
        let html = sound("state", &web.ask_as(token, "GET", "/state/task/quick"));
        assert!(html.contains("cursor") && !html.contains("kept-by-quick"), "{html}");
        assert_eq!(html.contains("/state/task/quick/clear"), controls);
        let entry = web.ask_as(token, "GET", "/state/task/quick/entry?key=cursor");
        assert_eq!(entry.status, if controls { 200 } else { 403 });
        assert_eq!(sound("entry", &entry).contains("kept-by-quick"), controls);
    }
    // A page of another site has no say.
    let token = format!("Bearer {admin}");
    let foreign = [
        ("Authorization", token.as_str()),
        ("Content-Type", form),
        ("Sec-Fetch-Site", "cross-site"),
    ];
    assert_eq!(web.ask("POST", "/tasks/quick/resume", &foreign, "").status, 403);
    assert_eq!(workspace.runs("quick").len(), 1);
    let _ = host.stop().succeeded();
}
