//! The report of an evaluation: figures as JSON, text for a person, and pictures.
//!
//! The pictures are SVG, written by hand: a plotting library would draw lines and points, which are the
//! least of it, and know nothing of bands, bins that stand apart, and cells that nobody was in.

mod card;
mod facts;
mod heat;
mod importance;
mod markdown;
mod proxies;
mod quality;
mod scale;
mod shape;
mod svg;

use std::fs;
use std::path::{Path, PathBuf};

pub use card::{Card, DataFacts, EditFacts, EndFacts, ProfileFacts, QualityFacts, RangeFacts, TrainingFacts};
pub use facts::{
    BinFacts, Calibration, Contender, Figure, FoldFacts, ModelFacts, PairFacts, Report, RowCounts,
    ShapeFacts, SideFacts, Timing, ValueFacts,
};
pub use proxies::{ProxyGroup, ProxyHint, ProxyReport};

/// How many pairs are drawn, the most important first.
const PAIRS_DRAWN: usize = 10;

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: cannot be written: {cause}")]
pub struct ReportError {
    path: String,
    cause: String,
}

/// A picture with the name of its file.
struct Picture {
    name: String,
    title: String,
    svg: String,
}

impl Report {
    /// The version of the form that this code writes.
    pub const FORMAT: u32 = 2;

    /// Writes `report.json`, `report.md` and the pictures to `folder`, which is made when it is
    /// missing. Pictures of an earlier report there are removed; other files stay.
    ///
    /// # Errors
    /// When the folder or a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), ReportError> {
        fs::create_dir_all(folder).map_err(|cause| ReportError::new(folder, &cause))?;
        remove_pictures(folder)?;
        let json = serde_json::to_string_pretty(self).map_err(|cause| ReportError::new(folder, &cause))?;
        write(folder, "report.json", &format!("{json}\n"))?;
        let pictures = self.pictures();
        for picture in &pictures {
            write(folder, &picture.name, &picture.svg)?;
        }
        write(folder, "report.md", &markdown::markdown(self, &pictures))
    }

    /// Checks that `folder` can be written to, making it when it is missing: a fit may take long.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check_folder(folder: &Path) -> Result<(), ReportError> {
        fs::create_dir_all(folder).map_err(|cause| ReportError::new(folder, &cause))?;
        let probe = folder.join(".report");
        fs::write(&probe, "")
            .and_then(|()| fs::remove_file(&probe))
            .map_err(|cause| ReportError::new(folder, &cause))
    }

    fn pictures(&self) -> Vec<Picture> {
        let mut pictures = vec![
            Picture {
                name: "quality.svg".to_owned(),
                title: "How good each model is".to_owned(),
                svg: quality::quality(self),
            },
            Picture {
                name: "reliability.svg".to_owned(),
                title: "Predicted beside observed probability".to_owned(),
                svg: quality::reliability(self),
            },
        ];
        for model in &self.models {
            pictures.extend(model.pictures());
        }
        pictures
    }
}

impl ModelFacts {
    /// What the names of its pictures begin with: those of the richest profile bear no mark.
    fn prefix(&self) -> String {
        if self.profile == "full" { String::new() } else { format!("{}-", slug(&self.profile)) }
    }

    fn pictures(&self) -> Vec<Picture> {
        let (prefix, profile) = (self.prefix(), &self.profile);
        let mut pictures = Vec::new();
        if !self.shapes.is_empty() {
            pictures.push(Picture {
                name: format!("{prefix}importances.svg"),
                title: format!("How far each term moves the score, {profile} profile"),
                svg: importance::importances(self),
            });
        }
        for (number, shape) in (1..).zip(&self.shapes) {
            pictures.push(Picture {
                name: format!("{prefix}shape-{number:02}-{}.svg", slug(&shape.feature)),
                title: format!("What {} adds to the log-odds, {profile} profile", shape.label),
                svg: shape::shape(shape, profile),
            });
        }
        for (number, pair) in (1..).zip(self.pairs.iter().take(PAIRS_DRAWN)) {
            let [one, other] = [0, 1].map(|side| slug(&pair.sides[side].feature));
            pictures.push(Picture {
                name: format!("{prefix}pair-{number:02}-{one}-{other}.svg"),
                title: format!("What {} add together, {profile} profile", pair.label()),
                svg: heat::heat_map(pair, profile),
            });
        }
        pictures
    }
}

impl ReportError {
    fn new(path: &Path, cause: &dyn std::fmt::Display) -> Self {
        Self { path: path.display().to_string(), cause: cause.to_string() }
    }
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), ReportError> {
    let file = folder.join(name);
    fs::write(&file, text).map_err(|cause| ReportError::new(&file, &cause))
}

/// Removes what an earlier report drew of terms, which may be others now.
fn remove_pictures(folder: &Path) -> Result<(), ReportError> {
    let failed = |cause: std::io::Error| ReportError::new(folder, &cause);
    let is_picture = |file: &PathBuf| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let of_profile = name.strip_prefix("contextual-");
        let name = of_profile.unwrap_or(name);
        let of_term = name.starts_with("shape-") || name.starts_with("pair-");
        (of_term || of_profile.is_some()) && file.extension().is_some_and(|extension| extension == "svg")
    };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if is_picture(&file) {
            fs::remove_file(&file).map_err(|cause| ReportError::new(&file, &cause))?;
        }
    }
    Ok(())
}

/// The name of a feature as it may stand in the name of a file.
fn slug(name: &str) -> String {
    let keep = |character: char| {
        if character.is_ascii_alphanumeric() || character == '_' {
            character.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    name.chars().take(40).map(keep).collect()
}

#[cfg(test)]
mod tests;
