import { expect, test } from "vitest";
import { childEnvironment } from "../../src/process/environment.ts";

const stays = {
  HOME: "/home/ada",
  PATH: "/usr/bin",
  LANG: "C.UTF-8",
  LC_ALL: "C",
  TZ: "UTC",
  TMPDIR: "/tmp",
  SHELL: "/bin/sh",
};
const passes = { XDG_RUNTIME_DIR: "/run/user/1", LOGNAME: "ada", USER: "ada", TERM: "xterm", SSL_CERT_FILE: "/c.pem" };
const network = {
  HTTPS_PROXY: "http://p",
  http_proxy: "http://q",
  no_proxy: "localhost",
  NODE_EXTRA_CA_CERTS: "/e.pem",
};

test("a child on POSIX gets the allowed variables and those the configuration adds, and no other", () => {
  const own = {
    ...stays,
    ...passes,
    ...network,
    NODE_OPTIONS: "--require /evil.js",
    NODE_PATH: "/evil",
    LD_PRELOAD: "/evil.so",
    DYLD_INSERT_LIBRARIES: "/evil.dylib",
    PYTHONPATH: "/evil",
    BASH_ENV: "/evil",
    GIT_DIR: "/evil",
    npm_config_registry: "http://evil",
    GITHUB_TOKEN: "secret",
    TUTTI_CONFIG: "/servers.json",
    CLAUDECODE: "1",
  };
  expect(childEnvironment(own, { API_KEY: "k" }, "linux")).toEqual({ ...stays, ...passes, ...network, API_KEY: "k" });
});

test("what the configuration adds wins, also where it is not on the list", () => {
  const child = childEnvironment({ HOME: "/home/ada" }, { HOME: "/srv", NODE_OPTIONS: "--no-warnings" }, "darwin");
  expect(child).toEqual({ HOME: "/srv", NODE_OPTIONS: "--no-warnings" });
});

test("an exported shell function and an unset variable do not pass", () => {
  expect(childEnvironment({ TERM: "() { :; }; evil", USER: undefined }, {}, "linux")).toEqual({});
});

test("on POSIX names of another case are other variables", () => {
  expect(childEnvironment({ Path: "/evil", PATH: "/bin" }, {}, "linux")).toEqual({ PATH: "/bin" });
});

test("a child on Windows gets the SDK's list, and one PATH however it is written", () => {
  const own = {
    SystemRoot: "C:\\Windows",
    windir: "C:\\Windows",
    ComSpec: "C:\\Windows\\System32\\cmd.exe",
    Path: "C:\\a",
    PATHEXT: ".EXE",
    "ProgramFiles(x86)": "C:\\p",
    APPDATA: "C:\\r",
    TEMP: "C:\\t",
    USERNAME: "ada",
    SECRET: "s",
    HOME: "C:\\h",
  };
  expect(childEnvironment(own, { PATH: "C:\\b" }, "win32")).toEqual({
    SystemRoot: "C:\\Windows",
    windir: "C:\\Windows",
    ComSpec: "C:\\Windows\\System32\\cmd.exe",
    PATH: "C:\\b",
    PATHEXT: ".EXE",
    "ProgramFiles(x86)": "C:\\p",
    APPDATA: "C:\\r",
    TEMP: "C:\\t",
    USERNAME: "ada",
  });
});
