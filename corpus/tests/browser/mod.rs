//! A real browser without a window, driven over the pipe of its DevTools protocol.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Under which names it may be on the path.
const NAMES: [&str; 5] = [
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
];

/// A browser with one page.
pub struct Browser {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    calls: u64,
    session: Option<String>,
    loaded: bool,
    troubles: Vec<String>,
    /// Its own folder, for as long as it runs.
    _folder: TempDir,
}

/// Where the browser is.
fn program() -> PathBuf {
    if let Some(given) = std::env::var_os("CHROMIUM") {
        return given.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).collect::<Vec<_>>();
    let all = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|file| file.is_file()).unwrap_or_else(|| {
        panic!(
            "no Chromium is on the path, and pages are tested in a real browser: \
             `apt-get install -y chromium-headless-shell`, or name one by the variable CHROMIUM"
        )
    })
}

impl Browser {
    /// Starts it.
    pub fn start() -> Browser {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        // The protocol is spoken over the descriptors 3 and 4. Nothing of the browser needs a network.
        let speak = "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
        let mut process = Command::new("sh")
            .args(["-c", speak])
            .arg(program())
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--disable-extensions", "--disable-background-networking"])
            .args([
                "--disable-component-update",
                "--remote-debugging-pipe",
                "--window-size=1440,900",
            ])
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let to = process.stdin.take().expect("it is a pipe");
        let from = BufReader::new(process.stdout.take().expect("it is a pipe"));
        let mut browser = Browser {
            process,
            to,
            from,
            calls: 0,
            session: None,
            loaded: false,
            troubles: Vec::new(),
            _folder: folder,
        };
        browser.begin();
        browser
    }

    fn begin(&mut self) {
        let page = self.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": page["targetId"], "flatten": true });
        let session = self.call("Target.attachToTarget", attach);
        self.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
    }

    /// Calls a method of the protocol, and waits for what it returns.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        let mut call = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            call["sessionId"] = session.as_str().into();
        }
        let written = write!(self.to, "{call}\0").and_then(|()| self.to.flush());
        written.expect("the browser listens");
        loop {
            let mut said = self.hear();
            if said["id"] == id {
                assert!(said["error"].is_null(), "{method}: {}", said["error"]);
                return said["result"].take();
            }
        }
    }

    /// What the browser says next. What went wrong on the page is kept.
    fn hear(&mut self) -> Value {
        let mut said = Vec::new();
        self.from.read_until(0, &mut said).expect("the browser speaks");
        assert!(
            !said.is_empty(),
            "the browser has ended; is the Chromium on the path a whole one?"
        );
        said.pop();
        let said: Value = serde_json::from_slice(&said).expect("it speaks JSON");
        match said["method"].as_str() {
            Some("Page.loadEventFired") => self.loaded = true,
            Some("Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded") => {
                self.troubles.push(said["params"].to_string());
            }
            _ => {}
        }
        said
    }

    /// Opens a file, and waits until it is there.
    pub fn open(&mut self, path: &Path) {
        self.loaded = false;
        self.call("Page.navigate", json!({ "url": format!("file://{}", path.display()) }));
        while !self.loaded {
            self.hear();
        }
    }

    /// What was written to the console, or thrown, or refused, since it was asked last.
    pub fn troubles(&mut self) -> Vec<String> {
        // Whatever has happened is told before the answer to this.
        self.ask("0");
        std::mem::take(&mut self.troubles)
    }

    /// The value of an expression on the page.
    pub fn ask(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// Clicks into the middle of an element, as a hand would.
    pub fn click(&mut self, selector: &str) {
        let selector = Value::from(selector);
        let middle = self.ask(&format!(
            "(() => {{ const element = document.querySelector({selector}); \
             element.scrollIntoView({{ block: 'center' }}); \
             const box = element.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let (x, y) = (&middle[0], &middle[1]);
            let button = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", button);
        }
    }

    /// Presses a key.
    pub fn press(&mut self, key: &str) {
        for kind in ["rawKeyDown", "keyUp"] {
            self.call("Input.dispatchKeyEvent", json!({ "type": kind, "key": key }));
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
