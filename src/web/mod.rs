//! Pages for people.

mod problem;
mod routes;
mod why;

pub use problem::{Problem, problem_page};
pub use routes::router;
pub use why::{WHY_CSS, WhyRequest, why_page};
