//! What of the files that change concerns a running project: its sources, its configuration, or neither.

use std::{
    path::{Component, Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use crate::project::Project;

/// Changes that may wait; more say nothing new.
const WAITING: usize = 16;
/// Editors write a file in several steps, and people save several files: a change is taken once it has been quiet so long.
const QUIET: Duration = Duration::from_millis(300);
/// Quiet or not, after this it is taken.
const LONGEST: Duration = Duration::from_secs(5);

/// What has changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// What the binaries are built from.
    pub(super) sources: bool,
    /// The file that the processes read.
    pub(super) config: bool,
}

impl Change {
    const SOURCES: Self = Self { sources: true, config: false };
    const CONFIG: Self = Self { sources: false, config: true };

    pub(super) const fn and(self, other: Self) -> Self {
        Self { sources: self.sources || other.sources, config: self.config || other.config }
    }
}

/// Which files concern the project.
#[derive(Debug, Clone)]
struct Concern {
    /// The project's folder, then those of packages it depends on by path.
    roots: Vec<PathBuf>,
    target: PathBuf,
    config: Option<PathBuf>,
}

/// Tells of changes for as long as it lives.
#[derive(Debug)]
pub(super) struct Changes {
    changes: mpsc::Receiver<Change>,
    gathered: Option<Gathered>,
    _watcher: RecommendedWatcher,
}

/// Changes of which more may come.
#[derive(Debug, Clone, Copy)]
struct Gathered {
    change: Change,
    quiet: Instant,
    latest: Instant,
}

impl Changes {
    pub(super) fn watch(project: &Project, config: Option<&Path>) -> anyhow::Result<Self> {
        let mut roots = vec![project.root.clone()];
        roots.extend(project.neighbours.iter().cloned());
        let target = project.target.clone();
        let concern = Concern { roots: roots.clone(), target, config: config.map(Path::to_owned) };
        let (tell, changes) = mpsc::channel(WAITING);
        let judge = concern.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // A full channel holds enough to look at everything again.
            if let Some(change) = event.ok().and_then(|event| judge.of_event(&event)) {
                tell.try_send(change).ok();
            }
        })
        .context("the system does not tell of changed files: leave --watch out")?;
        for root in &roots {
            for (folder, mode) in concern.folders(root)? {
                watcher
                    .watch(&folder, mode)
                    .with_context(|| format!("{} cannot be watched for changes", folder.display()))?;
            }
        }
        Ok(Self { changes, gathered: None, _watcher: watcher })
    }

    /// What has changed, once it has been quiet for a moment. Nothing is lost if this is given up halfway.
    pub(super) async fn next(&mut self) -> Option<Change> {
        loop {
            let Some(gathered) = &mut self.gathered else {
                let change = self.changes.recv().await?;
                let now = Instant::now();
                self.gathered = Some(Gathered { change, quiet: now + QUIET, latest: now + LONGEST });
                continue;
            };
            match timeout_at(gathered.quiet.min(gathered.latest), self.changes.recv()).await {
                Ok(Some(more)) => {
                    gathered.change = gathered.change.and(more);
                    gathered.quiet = Instant::now() + QUIET;
                }
                Ok(None) | Err(_) => return self.gathered.take().map(|gathered| gathered.change),
            }
        }
    }
}

impl Concern {
    /// What to watch of a package: its folder, and below it all that can concern it. Folders of builds, which hold
    /// thousands of others, are never looked into.
    fn folders(&self, root: &Path) -> anyhow::Result<Vec<(PathBuf, RecursiveMode)>> {
        let mut folders = vec![(root.to_owned(), RecursiveMode::NonRecursive)];
        let entries = root.read_dir().with_context(|| format!("{} cannot be read", root.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() && !self.is_apart(&path) && path.file_name().is_none_or(|name| name != "target")
            {
                folders.push((path, RecursiveMode::Recursive));
            }
        }
        Ok(folders)
    }

    fn of_event(&self, event: &Event) -> Option<Change> {
        // Reading is no change, and a build reads everything.
        if matches!(event.kind, EventKind::Access(_)) {
            return None;
        }
        event.paths.iter().filter_map(|path| self.of_path(path)).reduce(Change::and)
    }

    fn of_path(&self, path: &Path) -> Option<Change> {
        if self.config.as_deref() == Some(path) {
            return Some(Change::CONFIG);
        }
        if self.is_apart(path) {
            return None;
        }
        // The innermost, for a package may lie within another.
        let within = self.roots.iter().filter_map(|root| path.strip_prefix(root).ok());
        let within = within.min_by_key(|rest| rest.components().count())?;
        let name = path.file_name()?.to_str()?;
        let is_source = within.starts_with("src")
            || path.extension().is_some_and(|extension| extension == "rs")
            || within.starts_with(".cargo")
            || matches!(name, "Cargo.toml" | "Cargo.lock" | "rust-toolchain.toml" | "rust-toolchain");
        // What editors leave beside a file, and ledgers with their journals.
        let is_passing = name.ends_with('~')
            || name.starts_with(['.', '#'])
            || [".swp", ".swx", ".tmp"].iter().any(|end| name.ends_with(end))
            || name.contains(".sqlite");
        (is_source && !is_passing).then_some(Change::SOURCES)
    }

    /// Whether it is in a folder that is never looked into: what is built, and what is hidden.
    fn is_apart(&self, path: &Path) -> bool {
        if path.starts_with(&self.target) {
            return true;
        }
        let hidden = |component: Component<'_>| match component {
            Component::Normal(name) => {
                name.to_str().is_some_and(|name| name.starts_with('.') && name != ".cargo")
            }
            _ => false,
        };
        let within = self.roots.iter().filter_map(|root| path.strip_prefix(root).ok());
        within.min_by_key(|rest| rest.components().count()).is_some_and(|rest| rest.components().any(hidden))
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, DataChange, ModifyKind};

    use super::*;

    fn concern() -> Concern {
        Concern {
            roots: vec!["/p".into(), "/shared".into()],
            target: "/p/target".into(),
            config: Some("/p/config/local.toml".into()),
        }
    }

    #[test]
    fn sources_and_configuration_concern_and_what_runs_and_builds_leave_does_not() {
        let judged = |path: &str| concern().of_path(Path::new(path));
        for path in
            ["/p/src/score.rs", "/p/src/data/words.txt", "/p/build.rs", "/p/Cargo.toml", "/shared/src/lib.rs"]
        {
            assert_eq!(judged(path), Some(Change::SOURCES), "{path}");
        }
        assert_eq!(judged("/p/config/local.toml"), Some(Change::CONFIG));
        for path in [
            "/p/target/debug/build/x/out/generated.rs",
            "/p/.git/index",
            "/p/validator.sqlite",
            "/p/src/validator.sqlite-wal",
            "/p/src/score.rs~",
            "/p/src/.score.rs.swp",
            "/p/README.md",
            "/p/config/finney.toml",
            "/elsewhere/src/lib.rs",
        ] {
            assert_eq!(judged(path), None, "{path}");
        }
    }

    #[test]
    fn reading_a_file_is_no_change() {
        let event = |kind| Event::new(kind).add_path("/p/src/lib.rs".into());
        let written = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        assert_eq!(concern().of_event(&event(written)), Some(Change::SOURCES));
        assert_eq!(concern().of_event(&event(EventKind::Access(AccessKind::Any))), None);
    }

    #[tokio::test]
    async fn a_saved_file_is_told_of_once() {
        let here = tempfile::tempdir().unwrap();
        let root = here.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("src")).unwrap();
        std::fs::create_dir_all(root.join("target/debug")).unwrap();
        let project = Project::at(&root);
        let mut changes = Changes::watch(&project, Some(&root.join("subnet.toml"))).unwrap();
        std::fs::write(root.join("target/debug/miner.rs"), "built").unwrap();
        std::fs::write(root.join("subnet.toml"), "netuid = 2").unwrap();
        std::fs::write(root.join("src/score.rs"), "one").unwrap();
        std::fs::write(root.join("src/score.rs"), "two").unwrap();
        // As it is where other things happen meanwhile: given up again and again.
        let change = loop {
            if let Ok(change) = tokio::time::timeout(QUIET / 4, changes.next()).await {
                break change.unwrap();
            }
        };
        assert_eq!(change, Change { sources: true, config: true });
        assert!(changes.changes.try_recv().is_err(), "all of it was one change");
    }
}
