//! Pages for people.

mod problem;
mod why;

pub use problem::{Problem, problem_page};
pub use why::{WHY_CSS, WhyRequest, why_page};
