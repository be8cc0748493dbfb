//! The real binary: commands that end, and a service that runs until it is told to stop.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use super::place::Place;

const LIMPID: &str = env!("CARGO_BIN_EXE_limpid");

/// What a command that ended has left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command to its end.
pub(crate) fn limpid(arguments: &[&str]) -> Ended {
    limpid_reading("", arguments)
}

/// The same, with text on its standard input.
pub(crate) fn limpid_reading(input: &str, arguments: &[&str]) -> Ended {
    let mut child = Command::new(LIMPID)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may have ended by now.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let ended = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: ended.status.code().unwrap(), out: text(ended.stdout), err: text(ended.stderr) }
}

/// Asserts that a command fails with exit code 1 and one line that says why; the line.
pub(crate) fn assert_fails(arguments: &[&str], says: &[&str]) -> String {
    assert_fails_reading("", arguments, says)
}

pub(crate) fn assert_fails_reading(input: &str, arguments: &[&str], says: &[&str]) -> String {
    let ended = limpid_reading(input, arguments);
    assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{arguments:?}: {ended:?}");
    let line = ended.err.strip_suffix('\n').and_then(|text| text.strip_prefix("limpid: "));
    let line = line.unwrap_or_else(|| panic!("{arguments:?}: {ended:?}"));
    assert_eq!(line.lines().count(), 1, "{line}");
    for said in says {
        assert!(line.contains(said), "{line} does not say {said}");
    }
    line.to_owned()
}

/// The options that name a place.
pub(crate) fn folders(place: &Place) -> Vec<String> {
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    let mut options =
        vec!["--example".to_owned(), text(place.example()), "--data".to_owned(), text(place.data())];
    if let Some(url) = place.url() {
        options.extend(["--store".to_owned(), url]);
    }
    options
}

/// Runs `train` on a place with further options; the version that it prints.
pub(crate) fn train(place: &Place, further: &[&str]) -> String {
    let folders = folders(place);
    let folders = folders.iter().map(String::as_str).collect::<Vec<_>>();
    let ended = limpid(&[&["train"], &folders[..], further].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("AUC"), "{ended:?}");
    ended.out.lines().next().unwrap().to_owned()
}

/// A `limpid serve` that runs; it is killed when it is dropped.
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    child: Child,
    out: BufReader<ChildStdout>,
    err: PathBuf,
}

impl Serving {
    /// Serves a place on a free port, by the example's clock.
    pub(crate) fn start(place: &Place, further: &[&str]) -> Self {
        let mut command = Command::new(LIMPID);
        command.args(Self::arguments(place)).args(further);
        Self::spawn(place.path(), command)
    }

    /// The same, with everything logged that can be.
    pub(crate) fn start_logging(place: &Place, further: &[&str]) -> Self {
        let mut command = Command::new(LIMPID);
        command.env("LIMPID_LOG", "trace").env("RUST_LOG", "trace");
        command.args(Self::arguments(place)).args(further);
        Self::spawn(place.path(), command)
    }

    /// The same, where no file may grow beyond so many KiB.
    pub(crate) fn start_within(place: &Place, file_kib_max: u32) -> Self {
        let mut command = Command::new("bash");
        // Without the trap the signal would end the process before the write can fail.
        let script = format!("trap '' XFSZ; ulimit -f {file_kib_max}; exec \"$0\" \"$@\"");
        command.args(["-c", &script, LIMPID]).args(Self::arguments(place));
        Self::spawn(place.path(), command)
    }

    fn arguments(place: &Place) -> Vec<String> {
        let mut arguments = vec!["serve".to_owned(), "--listen".to_owned(), "127.0.0.1:0".to_owned()];
        arguments.push("--example-clock".to_owned());
        arguments.extend(folders(place));
        arguments
    }

    fn spawn(folder: &Path, mut command: Command) -> Self {
        let err = folder.join("stderr.txt");
        let mut child = command.stdout(Stdio::piped()).stderr(File::create(&err).unwrap()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line.split("://").nth(1).and_then(|rest| rest.split(' ').next());
        let address = address.unwrap_or_else(|| panic!("{line}{}", std::fs::read_to_string(&err).unwrap()));
        Self { address: address.parse().unwrap(), child, out, err }
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for the end; what was printed meanwhile, and how it ended.
    pub(crate) fn wait(mut self) -> (String, ExitStatus) {
        let mut printed = String::new();
        self.out.read_to_string(&mut printed).unwrap();
        (printed, self.child.wait().unwrap())
    }

    /// Asks for the end and asserts that it is a good one.
    pub(crate) fn stop(self) {
        self.signal("TERM");
        let err = self.err.clone();
        let (printed, status) = self.wait();
        assert_eq!(status.code(), Some(0), "{}", std::fs::read_to_string(err).unwrap());
        assert_eq!(printed, "Drained and closed.\n");
    }

    /// What was logged to standard error so far.
    pub(crate) fn logged(&self) -> String {
        std::fs::read_to_string(&self.err).unwrap()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
