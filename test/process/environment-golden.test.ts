import { expect, test } from "vitest";
import { childEnvironment } from "../../src/process/environment.ts";

/** What is never any server's: it changes how a runtime loads code, or is somebody's secret, or tells of our client. */
const never = [
  ...["NODE_OPTIONS", "NODE_PATH", "NODE_V8_COVERAGE", "NODE_TLS_REJECT_UNAUTHORIZED", "NODE_ENV", "NODE_DEBUG"],
  ...["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "DYLD_LIBRARY_PATH"],
  ...["PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PERL5OPT", "PERL5LIB", "RUBYOPT", "RUBYLIB", "JAVA_TOOL_OPTIONS"],
  ...[
    "BASH_ENV",
    "ENV",
    "PROMPT_COMMAND",
    "IFS",
    "GIT_DIR",
    "GIT_SSH_COMMAND",
    "npm_config_registry",
    "npm_config_prefix",
  ],
  ...[
    "TUTTI_CONFIG",
    "TUTTI_HTTP_TOKEN",
    "CLAUDECODE",
    "CLAUDE_CODE_SESSION_ID",
    "GITHUB_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
  ],
  ...["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "SSH_AUTH_SOCK", "SSH_AGENT_PID", "DISPLAY", "DBUS_SESSION_BUS_ADDRESS"],
  ...["PWD", "OLDPWD", "SHLVL", "_", "EDITOR", "PAGER", "LESSOPEN", "HISTFILE", "MAIL", "__proto__", "constructor"],
];

const everywhere = [
  ...["HTTPS_PROXY", "HTTP_PROXY", "LANG", "LC_ALL", "LC_CTYPE", "NODE_EXTRA_CA_CERTS", "NO_PROXY", "SSL_CERT_FILE"],
  ...["TMPDIR", "TZ", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"],
];
const posix = ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "http_proxy", "https_proxy", "no_proxy"];
const windows = [
  ...["APPDATA", "COMSPEC", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE"],
  ...["PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP"],
  ...["USERNAME", "USERPROFILE", "WINDIR"],
];

/** The names that a child gets of everything there is, byte for byte, on each system. */
const golden: readonly (readonly [platform: NodeJS.Platform, names: readonly string[]])[] = [
  ["linux", [...everywhere, ...posix]],
  ["darwin", [...everywhere, ...posix]],
  ["win32", [...everywhere, ...windows]],
];

test.each(golden)("on %s a child gets exactly these of all variables there are", (platform, names) => {
  const all = [...new Set([...never, ...everywhere, ...posix, ...windows])];
  // On Windows http_proxy and HTTP_PROXY are one variable.
  const own = all.filter((name) => platform !== "win32" || !name.endsWith("_proxy"));
  const child = childEnvironment(Object.fromEntries(own.map((name) => [name, "x"])), {}, platform);
  expect(Object.keys(child).sort()).toEqual([...names].sort());
});
