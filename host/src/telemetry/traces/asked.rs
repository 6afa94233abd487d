//! Whether somebody wants traces.

/// Where all signals go.
pub(super) const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// Where traces go, whatever the others do.
pub(super) const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
/// By what they go.
pub(super) const EXPORTER: &str = "OTEL_TRACES_EXPORTER";
/// Whether nothing of OpenTelemetry is wanted.
pub(super) const DISABLED: &str = "OTEL_SDK_DISABLED";

/// The variable that asks for traces, if one does. OpenTelemetry would send them to this
/// machine where nothing is said; a host without a collector would lose them all.
pub(super) fn asked(variable: &impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    let value = |name| variable(name).filter(|value| !value.is_empty());
    let is = |name, word: &str| value(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
    if is(DISABLED, "true") || is(EXPORTER, "none") {
        return None;
    }
    [TRACES_ENDPOINT, ENDPOINT, EXPORTER].into_iter().find(|name| value(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_a_collector_wants_traces() {
        let asked = |set: &[(&str, &str)]| {
            let find = |name: &str| set.iter().find(|(set, _)| *set == name);
            asked(&|name: &str| find(name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(asked(&[]), None);
        assert_eq!(asked(&[("OTEL_SERVICE_NAME", "a"), (ENDPOINT, "")]), None);
        assert_eq!(asked(&[(ENDPOINT, "http://collector:4318")]), Some(ENDPOINT));
        assert_eq!(asked(&[(EXPORTER, "otlp")]), Some(EXPORTER));
        assert_eq!(asked(&[(EXPORTER, "none"), (ENDPOINT, "http://collector:4318")]), None);
        assert_eq!(asked(&[(DISABLED, "TRUE"), (TRACES_ENDPOINT, "http://a:1/b")]), None);
    }
}
