//! A database of its own for each test, on the server that `LIMPID_TEST_POSTGRES` names.
#![allow(dead_code, reason = "unit tests, integration tests and benches each use a part of it")]

use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::{Config, NoTls};

/// A database; one that was made here is dropped with this.
#[derive(Debug)]
pub(crate) struct Database {
    url: String,
    made: Option<String>,
}

impl Database {
    /// An empty database.
    pub(crate) async fn make() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("limpid_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::SeqCst));
        // A process of the same number may have been killed.
        administer(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        administer(&format!("CREATE DATABASE {name}")).await;
        let administrative = administrative();
        let (server, _) = administrative.rsplit_once('/').unwrap();
        Self { url: format!("{server}/{name}"), made: Some(name) }
    }

    /// One that is there already.
    pub(crate) fn of(url: &str) -> Self {
        Self { url: url.to_owned(), made: None }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Runs statements on it, beside any store.
    pub(crate) async fn run(&self, sql: &str) {
        let config = self.url.parse::<Config>().unwrap();
        run(&config, sql).await;
    }

    /// The tables of which a row holds these bytes in any column.
    pub(crate) async fn tables_with(&self, bytes: &[u8]) -> Vec<String> {
        let (client, connection) = self.url.parse::<Config>().unwrap().connect(NoTls).await.unwrap();
        let driven = tokio::spawn(connection);
        let tables = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()";
        let mut found = Vec::new();
        for table in client.query(tables, &[]).await.unwrap() {
            let table: String = table.get(0);
            // A row as text has bytes as hexadecimal digits.
            let sql = format!(
                "SELECT count(*) FROM {table} AS one WHERE one::text LIKE '%' || encode($1, 'hex') || '%'"
            );
            if client.query_one(&sql, &[&bytes]).await.unwrap().get::<_, i64>(0) > 0 {
                found.push(table);
            }
        }
        drop(client);
        driven.await.unwrap().unwrap();
        found
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(name) = self.made.take() else { return };
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        // A destructor cannot wait in a runtime that may be ending, so it does in one of its own.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(administer(&drop));
        });
        // When it failed the server is gone, and the database with it.
        let _ = dropping.join();
    }
}

fn administrative() -> String {
    std::env::var("LIMPID_TEST_POSTGRES").expect(
        "LIMPID_TEST_POSTGRES names no PostgreSQL server; `eval \"$(tests/postgres start)\"` starts one, and \
         `tests/run` does so by itself",
    )
}

async fn administer(sql: &str) {
    run(&administrative().parse().unwrap(), sql).await;
}

async fn run(config: &Config, sql: &str) {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    let driven = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    driven.await.unwrap().unwrap();
}
