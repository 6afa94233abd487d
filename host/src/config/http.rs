//! The shape of what is granted of HTTP.

use serde_json::{Value, json};
use toml::de::DeValue;

use super::{
    decode::{At, Decode, Source, wrong_kind},
    elsewhere::EnvValue,
    problem::Problem,
    table::table,
};

/// A URL alone, or one with all that can be said about it.
#[derive(Debug, Clone)]
pub(crate) struct HttpEntry(pub(crate) RawHttp);

impl Decode for HttpEntry {
    fn schema() -> Value {
        json!({ "anyOf": [{ "type": "string", "format": "uri" }, RawHttp::schema()] })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        match source.get_ref() {
            DeValue::String(_) => {
                let url = At::decode(source, key, problems);
                Some(Self(RawHttp { url, ..RawHttp::default() }))
            }
            DeValue::Table(_) => RawHttp::decode(source, key, problems).map(Self),
            _ => {
                let help = "a URL, or `{ url = \"https://…\", methods = [\"GET\"] }`";
                wrong_kind(source, key, help, problems);
                None
            }
        }
    }
}

table! {
    /// HTTP requests that a guest may send.
    RawHttp {
        /// The URL that they go to, or below.
        url: String,
        /// Their methods; `GET` brings `HEAD` along. Default: `["GET"]`.
        methods: Vec<At<String>>,
        /// Ranges that are not public and in which the host's name may lie all the
        /// same.
        within: Vec<At<String>>,
        /// What the host adds to these requests; the guest never sees it.
        credential: RawCredential,
    }
}

table! {
    /// A secret that the host adds to requests: in a `header` or in the `query`.
    RawCredential {
        /// The header that it goes into.
        header: String,
        /// With `header`: what stands in front of the value, such as `Bearer `.
        prefix: String,
        /// The parameter of the query that it goes into.
        query: String,
        /// The secret.
        value: EnvValue,
    }
}
