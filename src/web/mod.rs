//! Pages for people.

mod how;
mod place;
mod problem;
mod routes;
mod why;
mod widget;

pub use how::{HowRequest, how_page};
pub use place::{Framing, OriginError, Placed};
pub use problem::{Problem, problem_page};
pub use routes::router;
pub use why::{WHY_CSS, WhyRequest, why_page};
pub use widget::widget_script;
