//! Stories about the whole host, a subject a file.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

mod access;
mod access_tls;
mod api;
mod authority;
mod broken_output;
mod clock_jumps;
mod compile;
mod config_mistakes;
mod configuration_check;
mod control;
mod data_dir;
mod db;
mod drain_under_load;
mod exported_functions;
mod follow;
mod foreign;
mod grants;
mod hostile;
mod init;
mod kill9;
mod manual;
mod many_tasks;
mod metrics;
mod notify;
mod page;
mod plugin_mistakes;
mod plugin_versions;
mod plugins_live;
mod power_cut;
mod programs;
mod readme;
mod reload;
mod remote;
mod run_endings;
mod run_http;
mod run_mistakes;
mod run_reach;
mod run_speech;
mod serve_ends;
mod serve_schedules;
mod statistics;
mod store_trouble;
mod terminal;
mod traces;
