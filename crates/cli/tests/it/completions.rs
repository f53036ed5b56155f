//! What shells are given to complete the command's words.

use crate::support::{refusal, run, stdout};

#[test]
fn every_shell_gets_all_commands() {
    let here = std::env::temp_dir();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&run(&here, &["completions", shell]));
        for word in ["devnet", "metagraph", "manifest-path", "subnetkit"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    let said = refusal(&run(&here, &["completions", "csh"]), 2);
    assert!(said.contains("csh") && said.contains("zsh"), "{said}");
}
