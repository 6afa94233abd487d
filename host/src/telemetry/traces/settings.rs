//! What the environment says about traces, in OpenTelemetry's own variables.
//!
//! Those that concern how spans are encoded are read here to be checked, and again by the
//! exporter, which passes over what makes no sense. So do these: a host that was told to
//! send traces and sends none looks as if nothing ran.

use std::{path::PathBuf, str::FromStr, time::Duration};

use hyper::header::{HeaderName, HeaderValue};
use opentelemetry_sdk::trace::Sampler;
use url::Url;

use super::asked::{ENDPOINT, EXPORTER, TRACES_ENDPOINT, asked};

/// Where a collector listens on this machine.
const LOCAL: &str = "http://localhost:4318";

/// How long a collector may take for what it gets at once, unless something else is said.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where spans go, and which.
#[derive(Debug)]
pub(super) struct Settings {
    /// The whole URL.
    pub(super) endpoint: Url,
    /// How long the collector may take for what it gets at once.
    pub(super) timeout: Duration,
    /// Whose signature on the collector's certificate counts, instead of those that the
    /// system trusts.
    pub(super) roots: Option<PathBuf>,
    /// Which runs have traces.
    pub(super) sampling: Sampler,
    /// By which name the host is known, where something is said of it.
    pub(super) service: Option<String>,
}

/// Why a variable makes no sense. Its value may be a secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Senseless {
    /// Its value is none that it may have.
    #[error("{variable} is {value:?}; {help}")]
    Value { variable: &'static str, value: String, help: &'static str },
    /// It is a URL with a user's name, and perhaps with a secret.
    #[error("{0} names a user; what shows who sends goes into OTEL_EXPORTER_OTLP_HEADERS")]
    User(&'static str),
    /// It has no list of headers.
    #[error("{variable} makes no sense at entry {place}; it takes {HEADERS}")]
    Headers { variable: &'static str, place: usize },
}

const HEADERS: &str = "`name=value,name=value`, with what is special in values percent-encoded";

/// The variables by what they are for. Where there are two, the first one is for traces
/// alone, and goes before the second one.
const PROTOCOL: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
const COMPRESSION: [&str; 2] =
    ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"];
const HEADER: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
const TIME: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
const CERTIFICATE: [&str; 2] =
    ["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"];
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SERVICE: &str = "OTEL_SERVICE_NAME";
const RATIO: &str = "OTEL_TRACES_SAMPLER_ARG";

impl Settings {
    /// Reads the variables; none where nobody wants traces.
    ///
    /// # Errors
    /// Where one makes no sense.
    pub(super) fn of(
        variable: &impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, Senseless> {
        if asked(variable).is_none() {
            return Ok(None);
        }
        let all = Variables(variable);
        all.only([EXPORTER], "otlp", "this program knows `otlp`, and `none` for no traces")?;
        all.only(
            PROTOCOL,
            "http/protobuf",
            "this program speaks `http/protobuf` alone, mostly understood at port 4318",
        )?;
        all.only(COMPRESSION, "none", "this program does not compress; set it to `none`")?;
        all.check_headers()?;
        Ok(Some(Self {
            endpoint: all.endpoint()?,
            timeout: all.timeout()?,
            roots: all.first(CERTIFICATE).map(|(_, file)| PathBuf::from(file)),
            sampling: all.sampling()?,
            service: all.first([SERVICE]).map(|(_, name)| name),
        }))
    }
}

/// The environment.
struct Variables<'a, F>(&'a F);

impl<F: Fn(&str) -> Option<String>> Variables<'_, F> {
    /// The first of these that is set, and to what. Empty is as good as not set.
    fn first<const N: usize>(&self, names: [&'static str; N]) -> Option<(&'static str, String)> {
        let set = |name| (self.0)(name).filter(|value| !value.is_empty()).map(|it| (name, it));
        names.into_iter().find_map(set)
    }

    /// Refuses everything but one word.
    fn only<const N: usize>(
        &self,
        names: [&'static str; N],
        word: &str,
        help: &'static str,
    ) -> Result<(), Senseless> {
        match self.first(names) {
            Some((variable, value)) if value != word => {
                Err(Senseless::Value { variable, value, help })
            }
            _ => Ok(()),
        }
    }

    fn endpoint(&self) -> Result<Url, Senseless> {
        let (variable, value) =
            self.first([TRACES_ENDPOINT, ENDPOINT]).unwrap_or((ENDPOINT, LOCAL.to_owned()));
        let url = match variable {
            TRACES_ENDPOINT => value.clone(),
            _ => format!("{}/v1/traces", value.strip_suffix('/').unwrap_or(&value)),
        };
        let parsed = url.parse::<Url>().ok();
        let is_one = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        match parsed.filter(is_one) {
            Some(url) if url.username().is_empty() && url.password().is_none() => Ok(url),
            Some(_) => Err(Senseless::User(variable)),
            None => {
                let help = "a collector's URL is such as `http://localhost:4318`";
                Err(Senseless::Value { variable, value, help })
            }
        }
    }

    fn timeout(&self) -> Result<Duration, Senseless> {
        let Some((variable, value)) = self.first(TIME) else { return Ok(TIMEOUT) };
        match value.parse() {
            Ok(milliseconds @ 1..) => Ok(Duration::from_millis(milliseconds)),
            _ => {
                let help = "it takes a number of milliseconds, such as 10000";
                Err(Senseless::Value { variable, value, help })
            }
        }
    }

    fn check_headers(&self) -> Result<(), Senseless> {
        let Some((variable, list)) = self.first(HEADER) else { return Ok(()) };
        let is_header = |entry: &str| {
            let (name, value) = entry.split_once('=')?;
            HeaderName::from_str(name.trim()).ok()?;
            let value = percent_decoded(value.trim())?;
            HeaderValue::from_str(&value).ok()
        };
        let mut entries = list.split_terminator(',');
        match entries.position(|entry| is_header(entry).is_none()) {
            Some(before) => Err(Senseless::Headers { variable, place: before + 1 }),
            None => Ok(()),
        }
    }

    /// A run has nobody above it who could have decided.
    fn sampling(&self) -> Result<Sampler, Senseless> {
        let Some((variable, value)) = self.first([SAMPLER]) else { return Ok(Sampler::AlwaysOn) };
        match value.strip_prefix("parentbased_").unwrap_or(&value) {
            "always_on" => Ok(Sampler::AlwaysOn),
            "always_off" => Ok(Sampler::AlwaysOff),
            "traceidratio" => self.ratio().map(Sampler::TraceIdRatioBased),
            _ => {
                let help = "it takes `always_on`, `always_off` or `traceidratio`";
                Err(Senseless::Value { variable, value, help })
            }
        }
    }

    fn ratio(&self) -> Result<f64, Senseless> {
        let (variable, value) = self.first([RATIO]).unwrap_or((RATIO, String::new()));
        match value.parse() {
            Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
            _ => {
                let help = "`traceidratio` takes a number from 0 to 1, such as 0.1";
                Err(Senseless::Value { variable, value, help })
            }
        }
    }
}

/// What a text stands for; none where it is no such text.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(set: &[(&str, &str)]) -> Result<Option<Settings>, String> {
        let find = |name: &str| set.iter().find(|(set, _)| *set == name);
        let variable = |name: &str| find(name).map(|(_, value)| (*value).to_owned());
        Settings::of(&variable).map_err(|senseless| senseless.to_string())
    }

    fn with(set: &[(&str, &str)]) -> Result<Settings, String> {
        let mut all = vec![(ENDPOINT, "http://collector:4318")];
        all.extend(set);
        of(&all).map(|settings| settings.expect("somebody wants traces"))
    }

    #[test]
    fn without_a_collector_there_are_none() {
        assert!(of(&[(SAMPLER, "nonsense")]).unwrap().is_none());
        let local = of(&[(EXPORTER, "otlp")]).unwrap().unwrap();
        assert_eq!(local.endpoint.as_str(), "http://localhost:4318/v1/traces");
        assert_eq!((local.timeout, local.roots), (TIMEOUT, None));
    }

    #[test]
    fn the_address_for_traces_is_the_whole_one() {
        let to = |set: &[(&str, &str)]| of(set).unwrap().unwrap().endpoint.to_string();
        for url in ["https://a.example/otel", "https://a.example/otel/"] {
            assert_eq!(to(&[(ENDPOINT, url)]), "https://a.example/otel/v1/traces");
        }
        let traces = (TRACES_ENDPOINT, "http://[::1]:9/x?y=z");
        assert_eq!(to(&[(ENDPOINT, "https://a.example"), traces]), traces.1);
    }

    #[test]
    fn some_runs_or_all_or_none() {
        let sampling = |set: &[(&str, &str)]| format!("{:?}", with(set).unwrap().sampling);
        assert_eq!(sampling(&[]), "AlwaysOn");
        assert_eq!(sampling(&[(SAMPLER, "always_off")]), "AlwaysOff");
        let tenth = [(SAMPLER, "parentbased_traceidratio"), (RATIO, "0.1")];
        assert_eq!(sampling(&tenth), "TraceIdRatioBased(0.1)");
    }

    #[test]
    fn what_is_special_for_traces_goes_first() {
        let time = with(&[(TIME[1], "3000"), (TIME[0], "1500")]).unwrap().timeout;
        assert_eq!(time, Duration::from_millis(1_500));
        let roots = with(&[(CERTIFICATE[1], "ca.pem")]).unwrap().roots;
        assert_eq!(roots, Some(PathBuf::from("ca.pem")));
        with(&[(PROTOCOL[1], "grpc"), (PROTOCOL[0], "http/protobuf")]).unwrap();
    }

    #[test]
    fn what_makes_no_sense_is_told_with_the_way_out() {
        let cases: [(&[(&str, &str)], &str); 12] = [
            (
                &[(PROTOCOL[1], "grpc")],
                "OTEL_EXPORTER_OTLP_PROTOCOL is \"grpc\"; this program speaks `http/protobuf` alone",
            ),
            (&[(COMPRESSION[0], "gzip")], "set it to `none`"),
            (&[(EXPORTER, "zipkin")], "knows `otlp`"),
            (
                &[(TRACES_ENDPOINT, "collector:4318")],
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is \"collector:4318\"; a collector's URL is such as",
            ),
            (
                &[(TRACES_ENDPOINT, "http://me:secret@collector")],
                "TRACES_ENDPOINT names a user; what shows",
            ),
            (&[(TIME[1], "10s")], "a number of milliseconds"),
            (&[(TIME[1], "0")], "a number of milliseconds"),
            (&[(SAMPLER, "jaeger_remote")], "`traceidratio`"),
            (&[(SAMPLER, "traceidratio")], "OTEL_TRACES_SAMPLER_ARG is \"\"; `traceidratio` takes"),
            (&[(SAMPLER, "traceidratio"), (RATIO, "1.5")], "from 0 to 1"),
            (&[(SAMPLER, "traceidratio"), (RATIO, "NaN")], "from 0 to 1"),
            (&[(HEADER[1], "a=b,c")], "OTEL_EXPORTER_OTLP_HEADERS makes no sense at entry 2"),
        ];
        for (set, words) in cases {
            let told = with(set).unwrap_err();
            assert!(told.contains(words), "{told}");
        }
    }

    #[test]
    fn headers_are_checked_and_never_shown() {
        with(&[(HEADER[0], "authorization=Basic%20aGk=, x-scope = a%2Cb")]).unwrap();
        for wrong in ["authorization", "a b=c", "a=%2", "a=%zz", "a=%ff", "a=b%0Ac", "=hunter2"] {
            let told = with(&[(HEADER[0], wrong)]).unwrap_err();
            assert!(told.contains("makes no sense at entry 1"), "{told}");
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}
