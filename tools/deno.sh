#!/bin/sh
# Runs Deno with any arguments, on a machine that may have neither Deno, nor a WebGPU adapter, nor JSR:
#
#   sh tools/deno.sh task demo
#   sh tools/deno.sh task test
#   sh tools/deno.sh run examples/mine.ts
#
# What is missing is installed once: Deno from npm into .deno/ beside this repository's deno.json,
# Mesa's software Vulkan with apt. Messages go to stderr; stdout belongs to Deno alone.
set -eu

wanted=2.9.5
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
local_folder=$root/.deno

say() { printf 'tools/deno.sh: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# version_of DENO: prints its version, or nothing where it does not run.
version_of() { "$1" --version 2>/dev/null | sed -n '1s/^deno \([0-9.]*\).*/\1/p'; }

# new_enough DENO: true for a Deno that runs and is at least $wanted.
new_enough() {
  found=$(version_of "$1")
  [ -n "$found" ] || return 1
  [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)" = "$wanted" ]
}

# local_deno: prints the binary that npm put into .deno/, which runs without its Node wrapper.
local_deno() {
  for binary in "$local_folder"/node_modules/deno/deno "$local_folder"/node_modules/@deno/*/deno \
    "$local_folder"/node_modules/deno/deno.exe "$local_folder"/node_modules/@deno/*/deno.exe; do
    if [ -x "$binary" ]; then
      printf '%s\n' "$binary"
      return
    fi
  done
}

# find_deno: sets $deno, installing it where no Deno is new enough.
find_deno() {
  deno=$(command -v deno || true)
  [ -n "$deno" ] && new_enough "$deno" && return
  deno=$(local_deno)
  [ -n "$deno" ] && new_enough "$deno" && return
  command -v npm >/dev/null 2>&1 ||
    fail "Cannot find Deno $wanted or newer, nor npm to install it: see https://docs.deno.com/runtime/getting_started/installation"
  say "Installing Deno from npm into $local_folder"
  # Networks with a CA of their own put it into the system's file.
  ca=${NODE_EXTRA_CA_CERTS-/etc/ssl/certs/ca-certificates.crt}
  [ ! -r "$ca" ] || export NODE_EXTRA_CA_CERTS="$ca"
  npm install --prefix "$local_folder" --no-save --no-audit --no-fund --loglevel=error \
    "deno@^$wanted" </dev/null >&2
  deno=$(local_deno)
  [ -n "$deno" ] && new_enough "$deno" || fail "Cannot run the Deno that npm installed into $local_folder"
}

# fresh STAMP MINUTES: true if a stamp in .deno/ was written within the last so many minutes.
fresh() { [ -n "$(find "$local_folder/$1" -mmin "-$2" 2>/dev/null)" ]; }

# stamp NAME TEXT: remembers a probe's answer; a read-only checkout merely asks again.
stamp() { { mkdir -p "$local_folder" && printf '%s\n' "$2" >"$local_folder/$1"; } 2>/dev/null || true; }

# wants_gpu ARGUMENTS: true for invocations that may open an adapter.
wants_gpu() {
  case "${1-}" in
  run | test | bench | eval | repl | serve | *.ts | *.js) return 0 ;;
  task)
    case "${2-}" in
    '' | -* | fmt | lint | check | check:web | check:publish | compile) return 1 ;;
    *) return 0 ;;
    esac
    ;;
  *) return 1 ;;
  esac
}

has_adapter() {
  "$deno" eval --no-config 'Deno.exit(await navigator.gpu?.requestAdapter() ? 0 : 1)' \
    </dev/null >/dev/null 2>&1
}

# install_vulkan: Mesa's software adapter through apt, from backports where apt already offers them
# (its Mesa is two to four times faster than that of Debian 12).
install_vulkan() {
  packages='libvulkan1 mesa-vulkan-drivers'
  command -v apt-get >/dev/null 2>&1 ||
    fail "Cannot find a WebGPU adapter: install a Vulkan driver for your GPU, or Mesa's software Vulkan (lavapipe)"
  if [ "$(id -u)" != 0 ]; then
    say 'Cannot find a WebGPU adapter: install a software one with'
    say "  sudo apt-get update && sudo apt-get install -y $packages"
    exit 1
  fi
  say "Installing a software adapter: $packages"
  # Some other source that does not answer is no reason to give up: the install decides.
  apt-get update -qq </dev/null >&2 || say 'apt-get update had errors, going on'
  release=$(apt-cache policy mesa-vulkan-drivers | sed -n 's|.* \([a-z]*-backports\)/.*|\1|p' | head -n 1)
  # shellcheck disable=SC2086 # the package names and the option are meant to split
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Use-Pty=0 ${release:+-t $release} $packages </dev/null >&2 ||
    fail "Cannot install $packages with apt-get"
}

# ensure_adapter: the answer holds for a day, as long as the variables that choose a driver stay.
ensure_adapter() {
  drivers="${DENO_WEBGPU_BACKEND-} ${VK_DRIVER_FILES-} ${VK_ICD_FILENAMES-}"
  fresh adapter 1440 && [ "$(cat "$local_folder/adapter")" = "$drivers" ] && return
  if ! has_adapter; then
    [ "$(uname -s)" = Linux ] || fail 'Cannot find a WebGPU adapter: update the driver of your GPU'
    install_vulkan
    has_adapter || fail "Cannot find a WebGPU adapter, although Vulkan is installed (DENO_WEBGPU_BACKEND=${DENO_WEBGPU_BACKEND-})"
  fi
  stamp adapter "$drivers"
}

jsr_answers() {
  "$deno" eval --no-config \
    'const signal = AbortSignal.timeout(3000);
     const answer = await fetch("https://jsr.io/@std/assert/meta.json", { signal }).catch(() => null);
     Deno.exit(answer?.ok && (await answer.json().catch(() => null)) ? 0 : 1)' </dev/null >/dev/null 2>&1
}

# choose_std: sets NPM_ONLY, which the tasks hand to Deno; a caller's own choice stands.
choose_std() {
  [ -z "${NPM_ONLY+set}" ] || return 0
  if ! fresh jsr 60; then
    if jsr_answers; then stamp jsr yes; else stamp jsr no; fi
  fi
  NPM_ONLY=
  if [ "$(cat "$local_folder/jsr" 2>/dev/null || echo no)" = no ]; then
    NPM_ONLY=--import-map=tools/npm_only/import_map.json
  fi
  export NPM_ONLY
}

# takes_import_map SUBCOMMAND: those that resolve modules and are not tasks, which read NPM_ONLY.
takes_import_map() {
  case "${1-}" in
  run | test | bench | check | doc | info | cache | bundle | compile) return 0 ;;
  *) return 1 ;;
  esac
}

export DENO_TLS_CA_STORE="${DENO_TLS_CA_STORE-system,mozilla}"
export DENO_NO_UPDATE_CHECK=1
if [ "$(uname -s)" = Linux ]; then
  # Through OpenGL there would be an adapter without Vulkan too, but one with fewer buffers.
  export DENO_WEBGPU_BACKEND="${DENO_WEBGPU_BACKEND-vulkan}"
fi
if [ -z "${XDG_RUNTIME_DIR-}" ]; then
  # Without it Mesa complains once per adapter.
  XDG_RUNTIME_DIR=${TMPDIR:-/tmp}/aft-runtime-$(id -u)
  mkdir -p -m 700 "$XDG_RUNTIME_DIR" 2>/dev/null || true
  export XDG_RUNTIME_DIR
fi

find_deno
# Tests name Deno as a program they may start: it has to be found by that name.
PATH=$(dirname -- "$deno"):$PATH
export PATH
if wants_gpu "$@"; then ensure_adapter; fi
choose_std

case "$PWD/" in
"$root"/*) ;;
*) [ "${1-}" != task ] || cd -- "$root" ;;
esac
if [ -n "$NPM_ONLY" ] && takes_import_map "$@"; then
  subcommand=$1
  shift
  set -- "$subcommand" "--import-map=$root/${NPM_ONLY#--import-map=}" "$@"
fi
exec "$deno" "$@"
