//! The page by which a reader in the widget's frame asks to close it.
//!
//! A page without script cannot speak to the page around its frame, nor hear Escape for it. But the widget is told
//! that something was loaded, and may count the frames in it: this page has one, no other page of ours has any.

use askama::Template;

use super::place::Placed;
use super::setting::{Say, Setting};

#[derive(Template)]
#[template(path = "closed.html")]
struct ClosedPage<'a> {
    say: Say<'a>,
    placed: &'a Placed,
}

/// The page as HTML, which is read only where no widget closes it.
///
/// # Errors
/// When the template cannot be written, which needs memory to run out.
pub(super) fn closed_page(setting: &Setting<'_>) -> Result<String, askama::Error> {
    ClosedPage { say: setting.say(), placed: setting.placed }.render()
}
