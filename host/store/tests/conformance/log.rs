//! Lines of logs.

use horarium_core::{
    Store,
    attempt::Lease,
    log::{Level, LogLine, Source},
    run::RunId,
    store::{Finish, LogQuery},
    transition::Transition,
    verdict::Verdict,
};

use crate::given::{at, claim, end, finish, running, success, tasks};

fn line(message: &str) -> LogLine {
    LogLine::of_host(at(10), Level::Info, message)
}

fn whole(run: RunId) -> LogQuery {
    LogQuery::whole(run)
}

async fn messages<S: Store>(store: &S, query: LogQuery) -> Vec<String> {
    let lines = store.log(query).await.unwrap();
    lines.into_iter().map(|line| line.content.message).collect()
}

/// Fails an attempt that has logged, and claims the next one.
async fn fail_and_claim<S: Store>(store: &S, lease: Lease, last: &str) -> Lease {
    let failed = finish(lease, 11, Verdict::failed("no"), Transition::Retry(at(12)));
    let failed = Finish { log: vec![line(last)], ..failed };
    store.finish(failed).await.unwrap();
    claim(store, 1, 12).await[0].lease
}

pub(crate) async fn lines_come_back_as_they_were_written<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let sources = [Source::Log, Source::Stdout, Source::Stderr, Source::Host];
    let levels = [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error];
    let lines: Vec<_> = sources
        .into_iter()
        .flat_map(|source| levels.map(|level| (source, level)))
        .zip(0..)
        .map(|((source, level), second)| LogLine {
            // Times may go back; the order stays.
            at: at(100 - second),
            level,
            source,
            target: if second % 2 == 0 { "" } else { "feed::parse" }.to_owned(),
            message: format!("line {second}"),
            place: (second % 3 == 0).then(|| format!("src/lib.rs:{second}")),
        })
        .collect();
    store.append_log(lease, lines.clone()).await.unwrap();
    let read = store.log(whole(lease.run)).await.unwrap();
    assert_eq!(read.into_iter().map(|line| line.content).collect::<Vec<_>>(), lines);
}

pub(crate) async fn the_last_lines_follow_those_appended_before<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    store.append_log(lease, vec![line("1"), line("2")]).await.unwrap();
    store.append_log(lease, Vec::new()).await.unwrap();
    store.append_log(lease, vec![line("3")]).await.unwrap();
    let ended = Finish { log: vec![line("4"), line("5")], ..end(lease, 11, success()) };
    store.finish(ended).await.unwrap();
    let log = messages(store, whole(lease.run)).await;
    assert_eq!(log, ["1", "2", "3", "4", "5"]);
}

pub(crate) async fn attempts_follow_each_other<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let first = running(store, "a", 10).await.lease;
    store.append_log(first, vec![line("1")]).await.unwrap();
    let second = fail_and_claim(store, first, "2").await;
    store.append_log(second, vec![line("3")]).await.unwrap();
    fail_and_claim(store, second, "4").await;
    let log = messages(store, whole(first.run)).await;
    assert_eq!(log, ["1", "2", "3", "4"]);
}

pub(crate) async fn a_log_is_read_by_lease<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let first = running(store, "a", 10).await.lease;
    let second = fail_and_claim(store, first, "first").await;
    fail_and_claim(store, second, "second").await;
    for (number, expected) in [(1, vec!["first"]), (2, vec!["second"]), (3, vec![])] {
        let query = LogQuery { lease: Some(number), ..whole(first.run) };
        assert_eq!(messages(store, query).await, expected);
    }
}

pub(crate) async fn a_log_is_read_by_level<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let lines = [Level::Warn, Level::Trace, Level::Error, Level::Info]
        .map(|level| LogLine::of_host(at(10), level, level.as_str()));
    store.append_log(lease, lines.to_vec()).await.unwrap();
    for (least, expected) in [
        (Level::Trace, vec!["warn", "trace", "error", "info"]),
        (Level::Debug, vec!["warn", "error", "info"]),
        (Level::Warn, vec!["warn", "error"]),
        (Level::Error, vec!["error"]),
    ] {
        let query = LogQuery { least, ..whole(lease.run) };
        assert_eq!(messages(store, query).await, expected);
    }
}

pub(crate) async fn a_log_is_read_in_pages<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let levels = [Level::Info, Level::Trace, Level::Error, Level::Debug];
    let lines = levels.map(|level| LogLine::of_host(at(10), level, level.as_str()));
    store.append_log(lease, lines.to_vec()).await.unwrap();
    fail_and_claim(store, lease, "last").await;
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let query = LogQuery { least: Level::Debug, after, limit: 2, ..whole(lease.run) };
        let page = store.log(query).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.place);
        pages.push(page.into_iter().map(|line| line.content.message).collect::<Vec<_>>());
    }
    assert_eq!(pages, [["info", "error"], ["debug", "last"]]);
}

pub(crate) async fn a_log_is_read_from_its_end<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let first = running(store, "a", 10).await.lease;
    store.append_log(first, vec![line("1"), line("2")]).await.unwrap();
    fail_and_claim(store, first, "3").await;
    for (limit, expected) in [(0, vec![]), (2, vec!["2", "3"]), (9, vec!["1", "2", "3"])] {
        let query = LogQuery { limit, last: true, ..whole(first.run) };
        assert_eq!(messages(store, query).await, expected);
    }
    let after = store.log(whole(first.run)).await.unwrap()[1].place;
    let query = LogQuery { after: Some(after), limit: 9, last: true, ..whole(first.run) };
    assert_eq!(messages(store, query).await, ["3"]);
}

pub(crate) async fn nothing_is_appended_without_the_lease<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let first = running(store, "a", 10).await.lease;
    let second = fail_and_claim(store, first, "kept").await;
    store.append_log(first, vec![line("superseded")]).await.unwrap();
    store.finish(end(second, 13, success())).await.unwrap();
    store.append_log(second, vec![line("over")]).await.unwrap();
    let unknown = Lease { run: RunId(12345), number: 1 };
    store.append_log(unknown, vec![line("unknown")]).await.unwrap();
    assert_eq!(messages(store, whole(first.run)).await, ["kept"]);
    assert_eq!(store.log(whole(unknown.run)).await.unwrap(), []);
}

pub(crate) async fn a_log_is_its_runs_alone<S: Store>(store: &S) {
    tasks(store, &["a", "b"]).await;
    let a = running(store, "a", 10).await.lease;
    let b = running(store, "b", 10).await.lease;
    store.append_log(a, vec![line("a")]).await.unwrap();
    store.append_log(b, vec![line("b")]).await.unwrap();
    assert_eq!(messages(store, whole(a.run)).await, ["a"]);
    assert_eq!(messages(store, whole(b.run)).await, ["b"]);
}
