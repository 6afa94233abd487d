//! Where a guest may go on the network, as configurations write it.

use horarium_core::net::{Endpoint, Host, parse_net};
use serde_json::{Value, json};
use toml::de::DeValue;

use super::{
    decode::{At, Decode, Source, wrong_kind},
    problem::Problem,
    table::table,
    values::wrong,
};

const HELP: &str = "`\"api.example.com:443\"`, `\"10.0.0.0/8:5432\"`, or \
                    `{ to = \"db.internal:5432\", within = [\"10.0.0.0/8\"] }`";

/// Hosts and ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EndpointValue(pub(crate) Endpoint);

table! {
    /// A name that may lead to addresses which are not public.
    RawEndpoint {
        /// `HOST:PORT`.
        to: String,
        /// Ranges in which the name may lie beside public addresses.
        within: Vec<At<String>>,
    }
}

impl Decode for EndpointValue {
    fn schema() -> Value {
        json!({ "anyOf": [{ "type": "string" }, RawEndpoint::schema()] })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        match source.get_ref() {
            DeValue::String(text) => match text.parse() {
                Ok(endpoint) => Some(Self(endpoint)),
                Err(reason) => {
                    let message = format!("{text:?} is no endpoint: {reason}");
                    wrong(source, key, message, &format!("write {HELP}"), problems);
                    None
                }
            },
            DeValue::Table(_) => {
                let raw = RawEndpoint::decode(source, key, problems)?;
                let Some(to) = raw.to else {
                    let message = "it says nowhere where to".to_owned();
                    wrong(source, key, message, &format!("write {HELP}"), problems);
                    return None;
                };
                assemble(&to, raw.within.as_ref(), problems).map(Self)
            }
            _ => {
                wrong_kind(source, key, HELP, problems);
                None
            }
        }
    }
}

fn assemble(
    to: &At<String>,
    within: Option<&At<Vec<At<String>>>>,
    problems: &mut Vec<Problem>,
) -> Option<Endpoint> {
    let mut endpoint = match to.value.parse::<Endpoint>() {
        Ok(endpoint) => endpoint,
        Err(reason) => {
            let message = format!("{:?} is no endpoint: {reason}", to.value);
            problems.push(to.problem(message, Some(format!("write {HELP}"))));
            return None;
        }
    };
    if let (Some(within), Host::Net(_)) = (within, &endpoint.host) {
        let message = "an address is meant as it is written";
        let help = "leave `within` out; it goes with names";
        problems.push(within.problem(message, Some(help.to_owned())));
    }
    for range in within.iter().flat_map(|within| &within.value) {
        match parse_net(&range.value) {
            Ok(net) => endpoint.within.push(net),
            Err(_) => {
                let message = format!("{:?} is no range of addresses", range.value);
                let help = "such as `\"10.0.0.0/8\"` or `\"fd00::/8\"`";
                problems.push(range.problem(message, Some(help.to_owned())));
            }
        }
    }
    Some(endpoint)
}
