//! What the program has to say about itself, on standard error.

use std::{fmt, panic};

use horarium_core::text::escape;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::output;

/// Begins to tell: lines for people, or JSON in the shape of everything else that
/// `serve --json` says.
pub(crate) fn begin(json: bool) {
    let told = tracing_subscriber::fmt()
        .with_max_level(Level::WARN)
        // It would be told by `eprintln!`, which panics where nobody can be told.
        .log_internal_errors(false)
        .with_ansi(false)
        .with_writer(std::io::stderr);
    if !json {
        return told.event_format(AsText).init();
    }
    told.event_format(AsJson).init();
    panic::set_hook(Box::new(|panic| {
        let panic = json!({ "event": "panic", "at": Timestamp::now(), "error": panic.to_string() });
        output::error_line(&panic.to_string());
    }));
}

/// The last words of a program that ends in an error.
pub(crate) fn last_words(json: bool, error: &str) {
    match json {
        true => {
            let words = json!({ "event": "error", "at": Timestamp::now(), "error": error });
            output::error_line(&words.to_string());
        }
        false => output::error_line(&format!("error: {error}")),
    }
}

/// A line for each event, as errors have one.
struct AsText;

impl<S, N> FormatEvent<S, N> for AsText
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = words(event);
        let said = match fields.remove("message") {
            Some(Value::String(said)) => said,
            _ => String::new(),
        };
        write!(writer, "{}: {}", word(event), escape(&said))?;
        // The rest is for whoever looks for a fault of the program.
        for (name, value) in &fields {
            write!(writer, " {name}={}", escape(&value.to_string()))?;
        }
        writeln!(writer)
    }
}

fn word(event: &Event<'_>) -> &'static str {
    if *event.metadata().level() == Level::ERROR { "error" } else { "warning" }
}

/// A line of JSON for each event.
struct AsJson;

impl<S, N> FormatEvent<S, N> for AsJson
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = words(event);
        line.insert("event".to_owned(), json!(word(event)));
        line.insert("at".to_owned(), json!(Timestamp::now()));
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// An event's words, by their names; `message` is what it says.
fn words(event: &Event<'_>) -> Map<String, Value> {
    let mut fields = Fields(Map::new());
    event.record(&mut fields);
    fields.0
}

struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), json!(format!("{value:?}")));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_warning_is_a_line_of_json() {
        let kept = Kept::default();
        let writer = kept.clone();
        let told = tracing_subscriber::fmt()
            .event_format(AsJson)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(told, || {
            tracing::warn!(place = %"a\nb", count = 7, "can't be {}", "done\n");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: Value = text.parse().unwrap();
        assert_eq!(
            (&line["event"], &line["message"]),
            (&json!("warning"), &json!("can't be done\n"))
        );
        assert_eq!((&line["place"], &line["count"]), (&json!("a\nb"), &json!("7")));
        assert!(line["at"].is_string());
    }
}
