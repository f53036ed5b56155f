//! The project to be: its name and its folder.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, ensure};
use heck::{ToKebabCase, ToSnakeCase};

use super::rendering::ProjectFile;

#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

impl Project {
    /// A project of this name, written as cargo-generate writes it, in a folder that is not there yet.
    pub(crate) fn new(given: &str, destination: &Path) -> anyhow::Result<Self> {
        let name = if given.to_snake_case() == given { given.to_owned() } else { given.to_kebab_case() };
        ensure!(
            name.is_ascii() && !name.is_empty(),
            "{given:?} cannot be a project's name: it is made of the letters a to z, digits, - and _"
        );
        ensure!(
            destination.is_dir(),
            "{} is not a folder; make it first, or say another --destination",
            destination.display()
        );
        let folder =
            if destination == Path::new(".") { PathBuf::from(&name) } else { destination.join(&name) };
        ensure!(
            fs::symlink_metadata(&folder).is_err(),
            "{} is there already; take another name, or remove it",
            folder.display()
        );
        Ok(Self { name, folder })
    }

    /// Whether a folder above is a package or a workspace, whose profiles then hold.
    pub(crate) fn within_cargo_project(&self) -> bool {
        self.manifests_above().next().is_some()
    }

    /// The workspace that the project would be in.
    pub(crate) fn workspace(&self) -> Option<PathBuf> {
        self.manifests_above().find(|manifest| {
            let table = fs::read_to_string(manifest).ok().and_then(|text| text.parse::<toml::Table>().ok());
            table.is_some_and(|table| table.contains_key("workspace"))
        })
    }

    pub(crate) fn write(&self, files: &[ProjectFile]) -> anyhow::Result<()> {
        for file in files {
            let path = self.folder.join(&file.path);
            let written = path.parent().map_or(Ok(()), fs::create_dir_all);
            written
                .and_then(|()| fs::write(&path, &file.text))
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }

    fn manifests_above(&self) -> impl Iterator<Item = PathBuf> {
        let folder = absolute(&self.folder).unwrap_or_else(|_| self.folder.clone());
        let above: Vec<PathBuf> =
            folder.ancestors().skip(1).map(|folder| folder.join("Cargo.toml")).collect();
        above.into_iter().filter(|manifest| manifest.exists())
    }
}
