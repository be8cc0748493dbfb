//! Integration tests: the crate as its users see it, in one binary.
//!
//! [`example`] is the data, [`place`] the folders of a service, [`service`] one that runs in this process,
//! [`binary`] the real one; [`asking`] has the requests and what is asserted of answers. The other modules are tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says so")]

mod admission;
mod admitting;
mod api;
mod asked_by_token;
mod asking;
mod bad_input;
mod binary;
mod bring;
mod calls;
mod card;
mod choices;
mod choices_refused;
mod choosing;
mod command_line;
mod concerns;
mod consent;
mod consent_signals;
mod crash;
mod deadline;
mod discovery;
mod drain;
mod edits;
mod evaluate;
mod events;
mod example;
mod explain;
mod golden;
mod hostile_labels;
mod idempotency;
mod k_floor;
mod layering;
mod listeners;
mod metrics;
mod models;
mod pages;
mod pages_ask;
mod pages_choose;
mod pages_feedback;
mod place;
mod plain;
mod prices;
mod private;
mod probabilities;
mod reading;
mod receipts;
mod recommend;
mod replay;
mod righting;
mod rights_change;
mod rights_command_line;
mod rights_erase;
mod rights_held;
mod security;
mod service;
mod silence;
mod thousand_terms;
mod tokens_refused;
mod trail;
mod truthful;
mod web_client;
mod what_if;
mod words;
