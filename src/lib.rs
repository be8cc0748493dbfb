//! Limpid: explainable ad recommendation. See `ARCHITECTURE.md` for the layers.

pub mod admission;
pub mod app;
pub mod cli;
pub mod consent;
pub mod data;
pub mod decide;
pub mod deletion;
pub mod domain;
pub mod explain;
pub mod fairness;
pub mod ledger;
pub mod model;
pub mod report;
pub mod rights;
pub mod rpc;
mod sealing;
pub mod store;
pub mod train;
pub mod web;
