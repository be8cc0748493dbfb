//! A place for a service to live in: an example and a data folder with trained models, in a folder of
//! its own that vanishes with the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use limpid::data::Bundle;
use limpid::domain::{ModelVersion, Response, SubjectKey, TenantId};
use limpid::ledger::Keyring;
use limpid::model::{ModelKind, NoProgress};
use limpid::store::{PostgresOptions, Store, StoreOptions};
use limpid::train::{fit_profiles, keep, prepare};
use tempfile::TempDir;

use super::database::Database;
use super::example;
use super::service::CountedIds;

/// Whose people the example's are.
pub(crate) const TENANT: &str = "demo";

/// Where a place keeps its store.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Backend {
    /// In the data folder.
    Sqlite,
    /// In a database of its own.
    Postgres,
}

/// An example and a data folder.
pub(crate) struct Place {
    folder: TempDir,
    database: Option<Database>,
    /// Identifiers go on where the last service of this place left off.
    pub(crate) ids: Arc<CountedIds>,
}

impl Place {
    /// A place with the example and the models of [`Models`], none of which serves yet.
    pub(crate) fn new() -> Self {
        let place = Self::bare();
        example::write(&place.example());
        for (path, bytes) in &trained().files {
            let path = place.models().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        place
    }

    /// A place whose schema also has a feature of clicks, and a model of it.
    pub(crate) fn with_clicks() -> (Self, ModelVersion) {
        let place = Self::bare();
        example::write(&place.example());
        let schema = place.example().join("schema.toml");
        let text = fs::read_to_string(&schema).unwrap();
        let purchases = &text[text.rfind("[[feature]]").unwrap()..];
        let clicks = purchases
            .replace("bought_days", "clicks")
            .replace("\"purchase\"", "\"click\"")
            .replace("datum = \"purchases\"", "datum = \"clicks\"");
        fs::write(&schema, format!("{text}\n{clicks}")).unwrap();
        let keyring = Keyring::open(&place.data()).unwrap();
        let bundle = place.load(&keyring);
        let prepared = prepare(&bundle, Response::Conversion).unwrap();
        let profiled = fit_profiles(ModelKind::Linear, &prepared, &NoProgress).unwrap();
        let version = keep(profiled, &prepared, &bundle.schema, &place.models()).unwrap().0;
        (place, version)
    }

    /// The same, with the store in such a backend.
    pub(crate) async fn on(backend: Backend) -> Self {
        let database = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(Database::make().await),
        };
        Self { database, ..Self::new() }
    }

    /// The same place with the store in a database of someone else's.
    pub(crate) fn with_url(self, url: &str) -> Self {
        Self { database: Some(Database::of(url)), ..self }
    }

    /// An empty place.
    pub(crate) fn bare() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: None, ids: Arc::default() }
    }

    /// A copy of this place, keys and log included; no service may run here meanwhile.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self { ids: Arc::new(self.ids.copy()), ..Self::bare() };
        for (path, bytes) in files_below(self.path()) {
            let path = copy.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        copy
    }

    /// A place with the example and a copy of a data folder.
    pub(crate) fn of_data(data: &Path) -> Self {
        let place = Self::bare();
        example::write(&place.example());
        for (path, bytes) in files_below(data) {
            let path = place.data().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        place
    }

    /// Copies the data folder; no service may run here meanwhile.
    pub(crate) fn copy_data_to(&self, folder: &Path) {
        for (path, bytes) in files_below(&self.data()) {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn example(&self) -> PathBuf {
        self.path().join("example")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    pub(crate) fn labels(&self) -> PathBuf {
        self.data().join("labels")
    }

    pub(crate) fn models(&self) -> PathBuf {
        self.data().join("models")
    }

    /// The URL of its database, if it has one.
    pub(crate) fn url(&self) -> Option<String> {
        self.database.as_ref().map(Database::url)
    }

    /// Opens its store.
    pub(crate) async fn store(&self) -> Store {
        let opened = match self.url() {
            None => Store::open(StoreOptions::new(self.data())).await,
            Some(url) => Store::connect(&PostgresOptions::new(url)).await,
        };
        opened.unwrap()
    }

    /// The file of a version.
    pub(crate) fn artefact(&self, version: &str) -> PathBuf {
        self.models().join("corner-shop").join(version).join("artefact.json")
    }

    /// The people of the example, by their raw ids.
    pub(crate) fn roster(&self) -> Vec<(TenantId, String)> {
        let raw_ids = std::cell::RefCell::new(std::collections::BTreeSet::new());
        load(&self.example(), |raw_id| {
            raw_ids.borrow_mut().insert(raw_id.to_owned());
            SubjectKey::derive(&[0; 32], &tenant(), raw_id)
        });
        raw_ids.into_inner().into_iter().map(|raw_id| (tenant(), raw_id)).collect()
    }

    /// The example, its people under the pseudonyms of `keyring`.
    pub(crate) fn load(&self, keyring: &Keyring) -> Bundle {
        load(&self.example(), |raw_id| keyring.subject_key(&tenant(), raw_id))
    }
}

/// The versions that every place has.
#[derive(Clone, Debug)]
pub(crate) struct Models {
    pub(crate) additive: ModelVersion,
    pub(crate) linear: ModelVersion,
    pub(crate) click: ModelVersion,
}

/// The versions that every place has.
pub(crate) fn models() -> &'static Models {
    &trained().models
}

pub(crate) fn tenant() -> TenantId {
    TenantId::parse(TENANT).unwrap()
}

/// Artefacts, by their path in the models folder.
struct Trained {
    models: Models,
    files: Vec<(PathBuf, Vec<u8>)>,
}

/// Trains once for all tests.
fn trained() -> &'static Trained {
    static TRAINED: OnceLock<Trained> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let place = Place::bare();
        example::write(&place.example());
        let bundle = load(&place.example(), |raw_id| SubjectKey::derive(&[0; 32], &tenant(), raw_id));
        let train = |response, kind| {
            let prepared = prepare(&bundle, response).unwrap();
            let profiled = fit_profiles(kind, &prepared, &NoProgress).unwrap();
            keep(profiled, &prepared, &bundle.schema, &place.models()).unwrap().0
        };
        let models = Models {
            additive: train(Response::Conversion, ModelKind::Additive),
            linear: train(Response::Conversion, ModelKind::Linear),
            click: train(Response::Click, ModelKind::Additive),
        };
        Trained { models, files: files_below(&place.models()) }
    })
}

fn load(example: &Path, derive: impl Fn(&str) -> Result<SubjectKey, limpid::domain::FieldError>) -> Bundle {
    Bundle::load(example, &derive).unwrap()
}

/// The files below `folder`, by their path in it.
fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    files
}
