//! Why a plugin, a cache or the engine can't be used.

use std::{io, path::PathBuf, time::Duration};

use bytesize::ByteSize;
use horarium_core::limits::show_duration;

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The machine lacks something.
    #[error("wasmtime does not run here: {0}")]
    Unsupported(String),
    /// No thread for the epochs.
    #[error("can't start the epoch thread: {0}")]
    Thread(io::Error),
}

/// Why a file is no plugin.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It can't be read.
    #[error("can't read it: {0}")]
    Read(String),
    /// It is not there, or not any more.
    #[error("can't read it: there is no such file")]
    NotThere,
    /// It is a directory, a socket, a device …
    #[error("not a regular file")]
    NotAFile,
    /// It has no content.
    #[error("the file is empty; was it still being written?")]
    Empty,
    /// It is too large to be looked at.
    #[error("the file has {length} bytes; a plugin has at most {limit}")]
    TooLarge {
        /// Its length in bytes.
        length: u64,
        /// The longest that is read.
        limit: u64,
    },
    /// It is not WebAssembly.
    #[error("not WebAssembly: a component begins with `\\0asm`, this file with {0:?}")]
    NotWasm(String),
    /// It is a core module, but no program for WASI preview 1.
    #[error("a core module, not a component, and {0}")]
    CoreModule(String),
    /// It is precompiled code, which would be trusted blindly.
    #[error("precompiled code is never loaded; put the component itself here")]
    Precompiled,
    /// It is malformed or uses a feature that is off.
    #[error("not a valid component: {0}")]
    Invalid(String),
    /// It consists of more than a host holds.
    #[error("{0}")]
    Excessive(String),
    /// The compiler was still at it when its computing time was over.
    #[error(
        "it takes longer than {} to compile; `host.compile.timeout` allows more",
        show_duration(*limit)
    )]
    CompileTime {
        /// The time that the compiler had.
        limit: Duration,
    },
    /// The machine was too busy to compile it.
    #[error("this machine was too busy to compile it in time")]
    CompileStalled,
    /// It brings the compiler down.
    #[error(
        "it brings the compiler down ({signal}), as where it needs more than {}; \
         `host.compile.memory` allows more",
        ByteSize(*memory)
    )]
    CompileCrash {
        /// How.
        signal: &'static str,
        /// The memory that the compiler had, in bytes.
        memory: u64,
    },
    /// The compiler ran out of memory.
    #[error("it needs more than {} to compile; `host.compile.memory` allows more", ByteSize(*limit))]
    CompileMemory {
        /// The memory that the compiler had, in bytes.
        limit: u64,
    },
    /// It becomes more code than anybody wants to hold.
    #[error("it compiles to {length} bytes of code; at most {limit} are loaded")]
    TooMuchCode {
        /// What it compiles to, in bytes.
        length: u64,
        /// The most that is loaded.
        limit: u64,
    },
    /// The compiler would make code for another engine.
    #[error(
        "the compiler was built or set up in another way than this host, its code would not fit; start the host anew"
    )]
    OtherCompiler,
    /// There is no engine to run it on.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The compiler has a fault, which it shows.
    #[error("the compiler panicked: {0}")]
    CompilerPanicked(String),
    /// The compiler broke down, or was not even there.
    #[error("the compiler {0}")]
    Compiler(String),
    /// What it was loaded from is gone, and it is needed once more.
    #[error(
        "its file has changed and the compile cache has no copy of it, so it can't be compiled without fuel accounting"
    )]
    Gone,
    /// It is not a plugin.
    #[error(
        "there is nothing to call: it exports neither `horarium:task/guest` nor `wasi:cli/run`, and {0}"
    )]
    NothingToCall(String),
    /// It speaks a version of the contract that this host does not.
    #[error("it exports `{found}`, and this host speaks `{ours}`; build it with this host's SDK")]
    OtherContract {
        /// What it exports.
        found: String,
        /// What it would have to export.
        ours: String,
    },
    /// It exports more functions than anybody asks for.
    #[error("it exports more than {limit} functions")]
    TooManyExports {
        /// The most that a plugin may have.
        limit: usize,
    },
    /// It wants what the host does not have.
    #[error("it imports what this host does not have: {0}")]
    UnknownImport(String),
    /// It takes its time to say what functions it has, or the machine does.
    #[error("asked for its task functions, it was still at it after {}", show_duration(*limit))]
    Slow {
        /// How long it was waited for.
        limit: Duration,
    },
    /// It does not say what functions it has.
    #[error("asked for its task functions, it {0}")]
    Functions(String),
    /// What it says about its functions makes no sense.
    #[error("its task function {function:?} {problem}")]
    Function {
        /// The function's name.
        function: String,
        /// What is wrong with it.
        problem: String,
    },
    /// It has none.
    #[error("it has no task functions; mark one with `#[task]`")]
    NoFunctions,
}

impl LoadError {
    /// Whether the same plugin would be refused again, whenever it is tried.
    pub(crate) fn is_final(&self) -> bool {
        !matches!(
            self,
            Self::Read(_)
                | Self::NotThere
                | Self::Engine(_)
                | Self::Compiler(_)
                | Self::CompileStalled
                | Self::Slow { .. }
                | Self::OtherCompiler
                | Self::Gone
        )
    }
}

impl From<io::Error> for LoadError {
    fn from(reason: io::Error) -> Self {
        Self::Read(reason.to_string())
    }
}

/// Why compiled code can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The directory can't be made or used.
    #[error("the compile cache in {} can't be used: {reason}", place.display())]
    Directory {
        /// The directory.
        place: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// Somebody else could put code there.
    #[error(
        "the compile cache in {} can be written by others, or is not yours; make it yours alone (mode 0700)",
        place.display()
    )]
    Exposed {
        /// The directory.
        place: PathBuf,
    },
    /// The machine gives no randomness for the key.
    #[error("no randomness for the compile cache's key: {0}")]
    Randomness(String),
}
