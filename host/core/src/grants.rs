//! What a guest may touch outside of itself. Nothing, unless it stands here.

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock, OnceLock},
};

use crate::{
    effects::Quota,
    name::{BucketName, TaskName},
    net::{Endpoint, http::HttpGrant},
    redact::Redactor,
};

/// Everything that a task was granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Directories that the guest finds open.
    pub dirs: Vec<DirGrant>,
    /// HTTP requests that it may send.
    pub http: Vec<HttpGrant>,
    /// How much an attempt may write below them.
    pub write_limit: WriteLimit,
    /// Where it may connect to.
    pub tcp: Vec<Endpoint>,
    /// Where it may send datagrams to, and receive them from.
    pub udp: Vec<Endpoint>,
    /// Its whole environment.
    pub env: Environment,
    /// What its clocks show.
    pub clocks: Clocks,
    /// What it reads from its standard input.
    pub stdin: Stdin,
    /// What it may keep from one run to the next.
    pub state: StateGrant,
    /// The tasks that it may start.
    pub tasks: Vec<TaskGrant>,
    /// What takes its secrets out of a text.
    pub redaction: Redaction,
}

impl Grants {
    /// What tasks have that are granted nothing: one for all of them.
    #[must_use]
    pub fn none() -> Arc<Self> {
        static NONE: LazyLock<Arc<Grants>> = LazyLock::new(Arc::default);
        NONE.clone()
    }

    /// Nothing but what takes all secrets in here out of a text.
    #[must_use]
    pub fn redaction_alone(&self) -> Self {
        let redaction = Redaction(self.redactor().clone().into());
        Self { redaction, ..Self::default() }
    }

    /// What takes all secrets in here out of a text. Cheap to clone.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        self.redaction.0.get_or_init(|| {
            let variables = self.env.variables().iter();
            let variables = variables.filter(|variable| variable.origin.is_secret());
            let variables = variables.map(|variable| (&*variable.name, variable.value.reveal()));
            let credentials = self.http.iter().flat_map(HttpGrant::secrets);
            let credentials = credentials.map(|secret| ("credential", secret.reveal()));
            Redactor::new(variables.chain(credentials))
        })
    }
}

/// A redactor that is made when it is first needed, and shared by all clones since then.
#[derive(Debug, Clone, Default)]
pub struct Redaction(OnceLock<Redactor>);

impl PartialEq for Redaction {
    fn eq(&self, _other: &Self) -> bool {
        // It follows from the other grants.
        true
    }
}

impl Eq for Redaction {}

/// A host directory that a guest sees under a path of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirGrant {
    /// The directory on the host, absolute.
    pub host: PathBuf,
    /// The path that the guest finds it under.
    pub guest: String,
    /// What the guest may do below it.
    pub access: DirAccess,
}

/// What a guest may do below a granted directory. The less, the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DirAccess {
    /// Look at names and contents.
    ReadOnly,
    /// Create, change and remove as well.
    ReadWrite,
}

impl DirAccess {
    /// The word for it in configurations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::ReadWrite => "read-write",
        }
    }
}

/// Bytes that an attempt may write to files, over all of its directories; what it
/// creates counts as well. A full disk is everybody's trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WriteLimit(pub u64);

impl Default for WriteLimit {
    fn default() -> Self {
        Self(1 << 30)
    }
}

/// How finely a guest's clocks tell the time. The coarser, the smaller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clocks {
    /// To the millisecond, the edges of which are blurred: enough for every
    /// timetable, and too little to see what a cache holds.
    #[default]
    Coarse,
    /// As the machine does.
    Exact,
}

impl Clocks {
    /// The word for it in configurations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Coarse => "coarse",
            Self::Exact => "exact",
        }
    }
}

/// What a task may keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateGrant {
    /// How much its own bucket may hold.
    pub quota: Quota,
    /// Buckets that it shares with other tasks.
    pub shared: Vec<BucketGrant>,
}

impl Default for StateGrant {
    fn default() -> Self {
        Self { quota: Quota::DEFAULT, shared: Vec::new() }
    }
}

/// A bucket that a task shares with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketGrant {
    /// Its name.
    pub bucket: BucketName,
    /// What the task may do with it.
    pub access: BucketAccess,
    /// How much it may hold, whoever writes to it.
    pub quota: Quota,
}

/// What a task may do with a bucket. The less, the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BucketAccess {
    /// Read it.
    ReadOnly,
    /// Change it as well.
    ReadWrite,
}

impl BucketAccess {
    /// The word for it in configurations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::ReadWrite => "read-write",
        }
    }
}

/// A task that another one may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskGrant {
    /// Its name.
    pub task: TaskName,
    /// The most runs of it that may be under way or wait when another one is added.
    pub limit: u32,
}

impl TaskGrant {
    /// The limit where nobody says otherwise.
    pub const LIMIT: u32 = 10_000;
}

/// A guest's standard input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Stdin {
    /// Nothing to read.
    #[default]
    Empty,
    /// A text of the configuration's.
    Text(String),
    /// A file, read when the attempt starts. The path is absolute and has no links.
    File(PathBuf),
}

/// A guest's environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: Vec<Variable>,
}

impl Environment {
    /// An environment of these variables, in this order.
    #[must_use]
    pub fn new(variables: Vec<Variable>) -> Self {
        Self { variables }
    }

    /// The variables.
    #[must_use]
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }
}

/// A variable of a guest's environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Secret,
    /// Where the value was found.
    pub origin: Origin,
}

/// Where a variable's value was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In the configuration, for everybody who may read that.
    Written,
    /// In this variable of the host's own environment.
    HostEnv {
        /// The variable's name.
        name: String,
        /// Whether it may be seen.
        visibility: Visibility,
    },
    /// In this file.
    File {
        /// The file, absolute.
        path: PathBuf,
        /// Whether it may be seen.
        visibility: Visibility,
    },
}

/// Whether a value that does not stand in the configuration may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// By the guest alone.
    Secret,
    /// By everybody; it stands elsewhere for other reasons.
    Plain,
}

impl Origin {
    /// Whether the value is nobody's business but the guest's.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        match self {
            Self::Written => false,
            Self::HostEnv { visibility, .. } | Self::File { visibility, .. } => {
                matches!(visibility, Visibility::Secret)
            }
        }
    }
}

/// A value that is nobody's business: it neither prints nor serialises.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The fewest characters that a secret has. What is shorter stands in every
    /// other log line by chance, and redacting it there would tell what it is.
    pub const SHORTEST: usize = 6;

    /// The most bytes that a secret has: a long key with its certificates.
    pub const LONGEST: usize = 16 << 10;

    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself. Whoever calls this hands it to the guest and nobody else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str, value: &str, visibility: Visibility) -> Variable {
        let origin = Origin::HostEnv { name: name.to_owned(), visibility };
        Variable { name: name.to_owned(), value: Secret::new(value), origin }
    }

    #[test]
    fn a_secret_does_not_print() {
        let env = Environment::new(vec![variable("TOKEN", "hunter2", Visibility::Secret)]);
        let grants = Grants { env, ..Grants::default() };
        assert!(!format!("{grants:?}").contains("hunter2"));
    }

    #[test]
    fn only_secrets_are_redacted() {
        let env = Environment::new(vec![
            variable("TOKEN", "hunter2", Visibility::Secret),
            variable("REGION", "eu-west-7", Visibility::Plain),
            Variable {
                name: "SERVICE".to_owned(),
                value: Secret::new("ledger.example"),
                origin: Origin::Written,
            },
        ]);
        let said = Grants { env, ..Grants::default() }
            .redactor()
            .redact("hunter2 of eu-west-7 at ledger.example");
        assert_eq!(said, "[redacted TOKEN] of eu-west-7 at ledger.example");
    }
}
