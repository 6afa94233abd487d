use std::collections::BTreeMap;

use horarium_core::{
    attempt::Usage,
    digest::Digest,
    net::Scheme,
    overlap::SkipReason,
    run::Expiry,
    store::{CancelledRun, ExpiredRun, RecordedFire},
    verdict::Verdict,
};

use super::*;

/// A span that says nothing.
pub(in crate::telemetry::traces) fn nothing() -> SpanData {
    let spans = spans(Sampler::AlwaysOn);
    let trace = spans.trace(RunId(1), at(0)).unwrap();
    let life = Life {
        run: RunId(1),
        task: &"a".parse().unwrap(),
        trigger: Trigger::Manual,
        scheduled_for: at(0),
        created_at: at(0),
    };
    spans.span(&trace, root(&trace, &life, RunEnd::Verdict(VerdictKind::Succeeded), at(1), None))
}

fn spans(sampler: Sampler) -> Spans {
    Spans::new("history", sampler)
}

fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap()
}

const LEASE: Lease = Lease { run: RunId(7), number: 3 };

fn started(due_at: i64) -> Event {
    Event::Started {
        lease: LEASE,
        task: "report".parse().unwrap(),
        attempt: 2,
        max_attempts: 3,
        trigger: Trigger::Schedule,
        scheduled_for: at(1_000),
        created_at: at(1_010),
        due_at: at(due_at),
        began_at: at(5_000),
    }
}

fn ended(verdict: Verdict, transition: Transition) -> Event {
    let usage =
        Usage { fuel: Some(99), peak_memory: 1 << 20, wall: Duration::from_micros(2_500_000) };
    Event::Ended {
        lease: LEASE,
        task: "report".parse().unwrap(),
        attempt: 2,
        max_attempts: 3,
        trigger: Trigger::Schedule,
        scheduled_for: at(1_000),
        created_at: at(1_010),
        began_at: at(5_000),
        ended_at: at(8_000),
        outcome: Outcome {
            usage,
            plugin: Some(Digest::new([7; 32])),
            ..Outcome::before_start(verdict)
        },
        transition,
    }
}

fn over(verdict: Verdict) -> Event {
    let transition = Transition::End(RunEnd::Verdict(verdict.kind()));
    ended(verdict, transition)
}

fn success() -> Verdict {
    Verdict::Succeeded { output: None }
}

fn request(end: HttpEnd) -> HttpRequest {
    HttpRequest {
        at: at(6_000),
        took: Duration::from_millis(250),
        method: "GET".to_owned(),
        scheme: Scheme::Https,
        host: "api.example.com".to_owned(),
        port: 443,
        end,
    }
}

/// From when to when, in milliseconds.
fn times(span: &SpanData) -> (u128, u128) {
    let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    (since(span.start_time).as_millis(), since(span.end_time).as_millis())
}

fn said(span: &SpanData) -> BTreeMap<String, String> {
    let said = span.attributes.iter();
    said.map(|said| (said.key.to_string(), said.value.to_string())).collect()
}

#[test]
fn a_run_with_its_wait_its_attempt_and_a_request() {
    let spans = spans(Sampler::AlwaysOn);
    let wait = spans.hear(&started(3_000), at(0)).remove(0);
    let request = spans.requested(LEASE, &request(HttpEnd::Answered(200))).unwrap();
    let [attempt, run] = <[_; 2]>::try_from(spans.hear(&over(success()), at(0))).unwrap();
    let of = |span: &SpanData| span.span_context.span_id();
    for span in [&wait, &request, &attempt] {
        assert_eq!(span.span_context.trace_id(), run.span_context.trace_id());
        assert!(span.span_context.is_sampled());
    }
    assert_eq!(
        [&wait, &request, &attempt, &run].map(|span| span.parent_span_id),
        [of(&run), of(&attempt), of(&run), SpanId::INVALID]
    );
    assert_eq!(
        [&wait, &request, &attempt, &run].map(times),
        [(3_000, 5_000), (6_000, 6_250), (5_000, 8_000), (1_010, 8_000)]
    );
    assert_eq!(
        [&wait, &request, &attempt, &run].map(|span| span.name.as_ref()),
        ["wait", "GET", "attempt", "run report"]
    );
    assert!([&wait, &request, &attempt, &run].iter().all(|span| span.status == Status::Unset));
    let (said_of_run, said_of_attempt) = (said(&run), said(&attempt));
    assert_eq!(said_of_run["horarium.outcome"], "succeeded");
    assert_eq!(said_of_run["horarium.trigger"], "schedule");
    assert_eq!(said_of_run["horarium.scheduled_for"], "1970-01-01T00:00:01Z");
    assert_eq!((&*said_of_run["horarium.run"], &*said_of_run["horarium.attempts"]), ("7", "2"));
    assert_eq!(said_of_run["horarium.run_key"], run_key());
    assert_eq!(said_of_attempt["horarium.fuel"], "99");
    assert_eq!(said_of_attempt["horarium.peak_memory"], "1048576");
    assert_eq!(said_of_attempt["horarium.wall_us"], "2500000");
    assert_eq!(said_of_attempt["horarium.requests"], "1");
    assert_eq!(said_of_attempt["horarium.plugin"], Digest::new([7; 32]).to_string());
    assert!(spans.under_way().is_empty());
}

fn run_key() -> String {
    horarium_core::run::key("history", LEASE.run, at(1_010))
}

#[test]
fn a_failure_that_is_tried_again_is_no_end() {
    let spans = spans(Sampler::AlwaysOn);
    // Made up for: it was due long before it was there.
    let wait = spans.hear(&started(0), at(0)).remove(0);
    assert_eq!(times(&wait), (1_010, 5_000));
    let failure = "x".repeat(5_000);
    let event = ended(Verdict::failed(failure), Transition::Retry(at(9_000)));
    let [attempt] = <[_; 1]>::try_from(spans.hear(&event, at(0))).unwrap();
    let Status::Error { description } = &attempt.status else { panic!("{:?}", attempt.status) };
    assert_eq!(description.len(), ERROR);
    assert_eq!(said(&attempt)["horarium.next_attempt_at"], "1970-01-01T00:00:09Z");
}

#[test]
fn what_a_host_did_not_live_to_tell_another_one_tells() {
    let first = spans(Sampler::AlwaysOn).hear(&started(3_000), at(0)).remove(0);
    let [attempt, run] =
        <[_; 2]>::try_from(spans(Sampler::AlwaysOn).hear(&over(Verdict::Lost), at(0))).unwrap();
    assert_eq!(first.parent_span_id, run.span_context.span_id());
    assert_eq!(attempt.parent_span_id, run.span_context.span_id());
    assert!(matches!(run.status, Status::Error { .. }));
    assert!(!said(&attempt).contains_key("horarium.requests"), "nobody knows");
}

#[test]
fn a_run_that_never_began_has_a_trace_as_well() {
    let spans = spans(Sampler::AlwaysOn);
    let fire = Fire {
        task: "report".parse().unwrap(),
        trigger: Trigger::Schedule,
        scheduled_for: at(1_000),
    };
    let (run, created_at) = (LEASE.run, at(1_010));
    let fired = |admission| {
        Event::Fired(RecordedFire {
            fire: fire.clone(),
            run,
            admission,
            replaces: Vec::new(),
            replaced: Vec::new(),
            created_at,
        })
    };
    assert!(spans.hear(&fired(Admission::Enter), at(2_000)).is_empty(), "it goes on");
    let expired = ExpiredRun { run, fire: fire.clone(), created_at, expiry: Expiry::Start };
    let cancelled = CancelledRun { run, fire: fire.clone(), created_at };
    for (event, outcome, until, is_error) in [
        (fired(Admission::Skip(SkipReason::Overlap)), "skipped", 1_010, false),
        (Event::Expired(expired), "expired", 2_000, true),
        (Event::Cancelled(cancelled), "cancelled", 2_000, false),
    ] {
        let [span] = <[_; 1]>::try_from(spans.hear(&event, at(2_000))).unwrap();
        assert_eq!(said(&span)["horarium.outcome"], outcome);
        assert_eq!(times(&span), (1_010, until), "{outcome}");
        assert_eq!(matches!(span.status, Status::Error { .. }), is_error, "{outcome}");
        assert_eq!(span.parent_span_id, SpanId::INVALID);
    }
}

#[test]
fn a_request_says_how_it_ended() {
    let spans = spans(Sampler::AlwaysOn);
    spans.hear(&started(3_000), at(0));
    for (end, key, value, is_error) in [
        (HttpEnd::Answered(302), "http.response.status_code", "302", false),
        (HttpEnd::Answered(404), "error.type", "404", true),
        (HttpEnd::Failed("DNS-timeout"), "error.type", "DNS-timeout", true),
        (HttpEnd::Abandoned, "error.type", "abandoned", true),
    ] {
        let span = spans.requested(LEASE, &request(end)).unwrap();
        assert_eq!(said(&span)[key], value);
        assert_eq!(span.span_kind, SpanKind::Client);
        assert_eq!(matches!(span.status, Status::Error { .. }), is_error, "{value}");
    }
    let brew = HttpRequest { method: "BREW".to_owned(), ..request(HttpEnd::Abandoned) };
    let span = spans.requested(LEASE, &brew).unwrap();
    assert_eq!(span.name, "HTTP", "guests choose no names of spans");
    assert_eq!(said(&span)["http.request.method_original"], "BREW");
}

#[test]
fn of_many_requests_the_first_are_told_and_all_are_counted() {
    let spans = spans(Sampler::AlwaysOn);
    spans.hear(&started(3_000), at(0));
    let asked = REQUESTS + 72;
    let told =
        (0..asked).filter(|_| spans.requested(LEASE, &request(HttpEnd::Answered(200))).is_some());
    assert_eq!(told.count(), usize::try_from(REQUESTS).unwrap());
    let attempt = spans.hear(&over(success()), at(0)).remove(0);
    assert_eq!(said(&attempt)["horarium.requests"], asked.to_string());
    let late = spans.requested(LEASE, &request(HttpEnd::Abandoned));
    assert_eq!(late, None, "its attempt is over");
    assert!(spans.under_way().is_empty());
}

#[test]
fn what_is_not_sampled_leaves_nothing() {
    let spans = spans(Sampler::AlwaysOff);
    assert!(spans.hear(&started(3_000), at(0)).is_empty());
    assert_eq!(spans.requested(LEASE, &request(HttpEnd::Answered(200))), None);
    assert!(spans.under_way().is_empty());
    assert!(spans.hear(&over(success()), at(0)).is_empty());
}

#[test]
fn some_runs_are_sampled_whole() {
    let some = spans(Sampler::TraceIdRatioBased(0.5));
    let sampled = (0..200).filter(|run| some.trace(RunId(*run), at(0)).is_some()).count();
    assert!((60..140).contains(&sampled), "{sampled}");
}

#[test]
fn an_attempt_that_lost_its_run_is_forgotten() {
    let spans = spans(Sampler::AlwaysOn);
    spans.hear(&started(3_000), at(0));
    let superseded = Event::Superseded { lease: LEASE, task: "report".parse().unwrap() };
    assert!(spans.hear(&superseded, at(0)).is_empty());
    assert!(spans.under_way().is_empty());
}

#[test]
fn a_clock_that_goes_back_turns_no_span_around() {
    let spans = spans(Sampler::AlwaysOn);
    let wait = spans.hear(&started(7_000), at(0)).remove(0);
    assert_eq!(times(&wait), (7_000, 7_000));
}
