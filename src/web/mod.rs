//! Pages for people.

mod assets;
mod changes;
mod choose;
mod closed;
mod concern;
mod contrast;
mod controls;
mod feedback;
mod form;
mod how;
mod pages;
mod place;
mod problem;
mod receipt;
mod routes;
mod setting;
mod statement;
mod why;
mod widget;
mod words;

pub use how::{HowRequest, how_page};
pub use place::{Framing, OriginError, Placed};
pub use problem::{Problem, problem_page};
pub use routes::router;
pub use setting::Setting;
pub use why::{WhyRequest, why_page};
pub use widget::widget_script;
