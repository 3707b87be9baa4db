"""The scripts that make a shell ask our tools for what may be completed: `eval "$(st-run --completion bash)"`.

Each passes the words up to the cursor, and takes lines `WORD TAB HELP`; without any it completes names of files. A word
that ends in `=` gets no space behind it.
"""

import click

from streamtools.cli import COMPLETING

BASH = """\
# for ~/.bashrc: eval "$(st-run --completion bash)"
_streamtools() {
    local word rest
    COMPREPLY=()
    while IFS=$'\\t' read -r word rest; do
        COMPREPLY+=("$word")
    done < <(@ASK@=1 "${1/#\\~/$HOME}" "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    case ${COMPREPLY[0]-} in *=) compopt -o nospace 2>/dev/null ;; esac
}
complete -o bashdefault -o default -F _streamtools @TOOLS@
"""
ZSH = """\
# for ~/.zshrc: eval "$(st-run --completion zsh)"
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
_streamtools() {
    local word rest
    local -a open closed open_help closed_help
    while IFS=$'\\t' read -r word rest; do
        if [[ $word == *= ]]; then
            open+=("$word") open_help+=("$word")
        else
            closed+=("$word") closed_help+=("$word${rest:+  -- $rest}")
        fi
    done < <(@ASK@=1 ${~words[1]} "${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( $#open + $#closed == 0 )); then
        _files
        return
    fi
    (( $#open )) && compadd -S '' -l -d open_help -a open
    (( $#closed )) && compadd -l -d closed_help -a closed
}
compdef _streamtools @TOOLS@
"""
FISH = """\
# for ~/.config/fish/config.fish: st-run --completion fish | source
function __streamtools
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l tool $words[1]
    set -e words[1]
    set -l found (env @ASK@=1 $tool $words "$current" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$current"
    end
end
for tool in @TOOLS@
    complete -c $tool -f -a '(__streamtools)'
end
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def _print_script(ctx: click.Context, _param: click.Parameter, shell: str | None) -> None:
    if shell:
        from streamtools.launch.programs import TOOLS

        click.echo(SCRIPTS[shell].replace("@ASK@", COMPLETING).replace("@TOOLS@", " ".join(TOOLS)), nl=False)
        ctx.exit()


completion_option = click.option(
    "--completion",
    metavar="SHELL",
    type=click.Choice([*SCRIPTS]),
    is_eager=True,
    expose_value=False,
    callback=_print_script,
    help="print a script by which bash, zsh or fish complete options and names of all tools",
)
