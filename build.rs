//! Compiles `proto/` in pure Rust (protox), so that no `protoc` is needed.

use std::{env, error::Error, fs, path::PathBuf};

const SERVICES: [&str; 10] = [
    "limpid/v1/consent_service.proto",
    "limpid/v1/decision_service.proto",
    "limpid/v1/event_service.proto",
    "limpid/v1/explanation_service.proto",
    "limpid/v1/fairness_service.proto",
    "limpid/v1/feedback_service.proto",
    "limpid/v1/model_service.proto",
    "limpid/v1/recommendation_service.proto",
    "limpid/v1/subject_rights_service.proto",
    "limpid/v1/transparency_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=proto");
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_source_info(true).include_imports(true);
    compiler.open_files(SERVICES)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    // `compile_fds` does not write the descriptor that reflection serves.
    fs::write(out.join("limpid.bin"), compiler.encode_file_descriptor_set())?;
    // Maps in key order, so that equal requests have one digest.
    let mut config = tonic_prost_build::Config::new();
    config.btree_map(["."]);
    tonic_prost_build::configure().compile_fds_with_config(compiler.file_descriptor_set(), config)?;
    Ok(())
}
