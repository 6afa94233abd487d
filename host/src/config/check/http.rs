//! HTTP requests that a guest may send.

use horarium_core::{
    grants::{Secret, Visibility},
    net::{
        Host,
        http::{Credential, CredentialError, HttpGrant, Methods, Prefix},
    },
};

use super::{
    super::{
        decode::At,
        elsewhere::EnvValue,
        http::{HttpEntry, RawCredential},
    },
    Checker,
};

const URL: &str = "such as `\"https://api.example.com/v1/\"`";

impl Checker<'_> {
    pub(super) fn http(&mut self, entry: &At<HttpEntry>) -> Option<HttpGrant> {
        let raw = &entry.value.0;
        let Some(url) = &raw.url else {
            self.missing(entry, "it says nowhere where to", &format!("add `url`, {URL}"));
            return None;
        };
        let prefix: Option<Prefix> = self.parsed(url, URL);
        let methods = raw.methods.as_ref().map(|methods| self.methods(methods));
        let mut within = Vec::new();
        for range in raw.within.iter().flat_map(|within| &within.value) {
            match range.value.parse() {
                Ok(Host::Net(net)) => within.push(net),
                Ok(Host::Name(_)) | Err(_) => {
                    let message = format!("{:?} is no range of addresses", range.value);
                    self.wrong(range, message, "such as `\"10.0.0.0/8\"` or `\"fd00::/8\"`");
                }
            }
        }
        let credential = match &raw.credential {
            Some(credential) => Some(self.credential(credential)?),
            None => None,
        };
        let prefix = prefix?;
        if let (Some(within), Host::Net(_)) = (&raw.within, prefix.host()) {
            let help = "leave `within` out; it goes with names";
            self.wrong(within, "an address is meant as it is written", help);
        }
        Some(HttpGrant { prefix, methods: methods.unwrap_or_default(), within, credential })
    }

    fn methods(&mut self, methods: &At<Vec<At<String>>>) -> Methods {
        let help = "such as `[\"GET\", \"POST\"]`";
        if methods.value.is_empty() {
            self.wrong(methods, "without a method there is no request", help);
        }
        Methods::new(methods.value.iter().filter_map(|method| self.parsed(method, help)).collect())
    }

    fn credential(&mut self, at: &At<RawCredential>) -> Option<Credential> {
        let raw = &at.value;
        let value = self.credential_value(at)?;
        let (place, made) = match (&raw.header, &raw.query) {
            (Some(header), None) => {
                let prefix = raw.prefix.as_ref().map_or("", |prefix| &prefix.value);
                (header, Credential::header(&header.value, prefix, value))
            }
            (None, Some(query)) => {
                if let Some(prefix) = &raw.prefix {
                    self.wrong(prefix, "this goes with `header` only", "leave it out");
                }
                (query, Credential::query(&query.value, value))
            }
            (None, None) => {
                let help = "add `header = \"Authorization\"`, or `query = \"api_key\"`";
                self.missing(at, "it says nowhere where in the request it goes", help);
                return None;
            }
            (Some(_), Some(_)) => {
                self.wrong(at, "header and query exclude each other", "keep one of them");
                return None;
            }
        };
        made.map_err(|reason| match reason {
            CredentialError::Empty | CredentialError::Value => {
                self.wrong(at, reason.to_string(), "look at what `value` names");
            }
            CredentialError::Header(_) | CredentialError::Reserved(_) | CredentialError::Query => {
                let help = "such as `header = \"Authorization\"`, or `query = \"api_key\"`";
                self.wrong(place, reason.to_string(), help);
            }
        })
        .ok()
    }

    /// What the host shall put into requests. It does not stand in the configuration,
    /// which more people read than keep secrets.
    fn credential_value(&mut self, at: &At<RawCredential>) -> Option<Secret> {
        let help = "write `value = { from_env = \"NAME\" }`, or `{ from_file = \"PATH\" }`";
        let Some(value) = &at.value.value else {
            self.missing(at, "it says nowhere what the credential is", help);
            return None;
        };
        match &value.value {
            EnvValue::Plain(_) => {
                self.wrong(value, "a credential can't stand in the configuration", help);
                None
            }
            EnvValue::FromEnv(name, _) => {
                let value = self.host_variable(name)?;
                self.fits(name, &value, Visibility::Secret);
                Some(Secret::new(value))
            }
            EnvValue::FromFile(path, _) => {
                self.value_in_file(path, Visibility::Secret).map(|(value, _)| Secret::new(value))
            }
        }
    }
}
