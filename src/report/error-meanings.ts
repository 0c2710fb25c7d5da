import type { ErrorCode } from '#errors.js'

/** What an error means, and what to do about it: one or two sentences each. */
type Meaning = readonly [means: string, remedy: string]

/** For `svcsplit explain CODE` and docs/errors/. */
export const errorMeanings: Readonly<Record<ErrorCode, Meaning>> = {
  'E-CLI-USAGE': [
    'A command, an option or its value is not known, or two of them exclude each other. Nothing was done.',
    'Look at `svcsplit COMMAND --help`; the message names the nearest word that is known.',
  ],
  'E-FS-NOTFOUND': [
    'A path that the command line or a file names does not exist.',
    'Mend the path. Paths on the command line are relative to the current folder, paths in a file to that file.',
  ],
  'E-FS-ACCESS': [
    'The system does not let this user read or write the path.',
    'Change its owner or mode, or choose another place (`-o`, SVCSPLIT_CACHE_DIR).',
  ],
  'E-FS-KIND': [
    'There is a folder, a pipe, a device or a link without end where a plain file is needed, or the other way round.',
    'Name another path.',
  ],
  'E-FS-LIMIT': [
    'The file is far larger than any that is legitimate here, and was not read into memory.',
    'Look whether it is the right file.',
  ],
  'E-FS-SPACE': [
    'The disk, its inodes or a quota are used up. What was there before is as it was, and nothing half written is left.',
    'Make room and run the same command again: what was fetched is kept.',
  ],
  'E-FS-IO': [
    'The system could not read or write for a reason of its own, which stands in the message with its errno.',
    'Look at the log of the system: the disk or the file server may be failing.',
  ],
  'E-SVC-UNKNOWN': [
    'There is no service of this name among the shipped ones and your own.',
    'Take the name that is proposed, or write a profile of your own: `svcsplit init`.',
  ],
  'E-REL-UNKNOWN': [
    'There is no OpenStack release of this name, or the service is not part of it.',
    'Take one that the message lists (`2025.1` or `epoxy`), or add your own: `svcsplit catalog import`.',
  ],
  'E-REQ-SYNTAX': [
    'A line is no requirement by PEP 508.',
    'Mend it at the caret. One line has one requirement: a name, perhaps extras, versions and a marker.',
  ],
  'E-REQ-NAME': [
    'The name has a character that names of distributions do not have; letters that only look like ASCII are told by code point.',
    'Write ASCII letters and digits, and between them dot, underscore and hyphen.',
  ],
  'E-REQ-VERSION': [
    'The text is no version by PEP 440, so it cannot be ordered among others.',
    'Mend it; `===` compares any text as it is.',
  ],
  'E-REQ-SPEC': [
    'A version specifier has no operator or no version, or is not one by PEP 440. Files that were cut off often end so.',
    'Mend it at the caret, or fetch the file again.',
  ],
  'E-REQ-EXTRA': [
    'The list of extras in brackets has an entry that is no name.',
    'Write names with commas between: `name[one,two]`.',
  ],
  'E-REQ-MARKER': [
    'An environment marker breaks off, names an unknown variable, or is nested deeper than any real one.',
    'Mend it at the caret; PEP 508 has the list of variables.',
  ],
  'E-REQ-URL': [
    'A requirement comes from an address or a path instead of the index. What it demands cannot be known from a name and version, so it is taken only where that is allowed.',
    'Write a name and versions. `resolve --allow-urls` takes addresses of wheels and sdists.',
  ],
  'E-REQ-OPTION': [
    'A requirements file may not choose indexes, trust or build options: whoever changes it would change where packages come from.',
    'Take the option out of the file and give it on the command line.',
  ],
  'E-REQ-HASH': [
    'A hash is weak (MD5, SHA-1) or has not the length of its kind, or two lines have different ones of one URL.',
    'Use sha256, sha384 or sha512, the same in every line.',
  ],
  'E-REQ-ENV': [
    'A file uses a variable of the environment that is not set, or whose value cannot stand in one line. The value is never shown.',
    'Set the variable, or write the text itself.',
  ],
  'E-REQ-CYCLE': [
    'Files include one another in a circle; the message has the whole chain.',
    'Take one of the `-r` or `-c` lines out.',
  ],
  'E-REQ-COMPUTED': [
    'Demands, extras or entry points of a checkout are worked out by `setup.py` or a build backend when it is packaged; nothing of a checkout is run.',
    'State them in `pyproject.toml` or `setup.cfg`, or give the wheel as the source: `--source NAME=FILE.whl`.',
  ],
  'E-REQ-LIMIT': [
    'A line, a chain of includes or a number of files is larger than anything legitimate.',
    'Look whether it is the right file.',
  ],
  'E-REQ-ENCODING': ['A text file is not UTF-8.', 'Save it as UTF-8.'],
  'E-REQ-CONTROL': [
    'A control character stands in a text file: a NUL byte, an escape sequence, a form feed.',
    'Delete it; the message shows it as `\\u{..}` with its column.',
  ],
  'E-CON-DUP': [
    'One distribution has two pins under the same marker: only one of them can hold.',
    'Keep one, or part them by markers.',
  ],
  'E-CON-FORM': [
    'Constraints are names with versions. Extras, addresses and lines without a version constrain nothing.',
    'Write `NAME===VERSION`.',
  ],
  'E-CON-HTML': [
    'The constraints file is a web page, as a browser or a proxy saves it.',
    'Fetch the plain text of the file.',
  ],
  'E-PRF-SYNTAX': [
    'A profile is not YAML, or uses what profiles have no use for: anchors, tags, several documents.',
    'Mend it at the caret.',
  ],
  'E-PRF-SCHEMA': [
    'A profile has an unknown key, a value of the wrong type, or one that could not stand in an image.',
    '`svcsplit schema profile` prints the schema; numbers that are text go in quotes.',
  ],
  'E-FLT-SYNTAX': [
    'A fleet file is not YAML, or uses anchors, tags or several documents.',
    'Mend it at the caret.',
  ],
  'E-FLT-SCHEMA': [
    'A fleet file has an unknown key or a value of the wrong type.',
    '`svcsplit schema fleet` prints the schema.',
  ],
  'E-FLT-STATE': [
    'What a fleet file says cannot be so: a host that is not there, one container twice, an image and a host at once.',
    'Mend the line, so that the file says what runs now.',
  ],
  'E-PLN-HOP': [
    'An upgrade leaves out releases that the service has to pass, or goes back.',
    'Plan the hop that the message proposes first.',
  ],
  'E-PLN-EDGE': [
    'A service needs another one at a newer release first, or services wait for one another in a circle.',
    'Plan the other one first.',
  ],
  'E-PLN-WINDOW': ['A step does not fit into the maintenance window.', 'Give a longer one with `--window`.'],
  'E-PLN-IMAGE': [
    'The plan names an image that its registry does not have.',
    'Build and push it, mend `--images`, or plan with `--offline`.',
  ],
  'E-PLN-STATE': [
    'A record of progress is damaged, of another plan, or told of a step that the plan does not have or cannot have reached.',
    'Name the right file with `--state`; a record is only written by `svcsplit plan`.',
  ],
  'E-PLN-RETURN': [
    'The service is past its point of no return: its old release can no longer read the database.',
    'Go forward, or restore the dump: `--fallback --restore-database`.',
  ],
  'E-OVR-SYNTAX': [
    '`overrides.yaml` is not YAML, or uses anchors, tags or several documents.',
    'Mend it at the caret.',
  ],
  'E-OVR-SCHEMA': [
    '`overrides.yaml` has an unknown key, lacks one, or has two changes for one service.',
    '`svcsplit schema overrides` prints the schema.',
  ],
  'E-POL-SYNTAX': [
    'A policy is not YAML, or uses anchors, tags or several documents.',
    'Mend it at the caret.',
  ],
  'E-POL-SCHEMA': [
    'A policy has an unknown key or a value of the wrong type.',
    '`svcsplit schema policy` prints the schema.',
  ],
  'E-WVR-SYNTAX': [
    'A file of waivers is not YAML, or uses anchors, tags or several documents.',
    'Mend it at the caret.',
  ],
  'E-WVR-SCHEMA': [
    'A file of waivers has an unknown key or a value of the wrong type.',
    '`svcsplit schema waivers` prints the schema.',
  ],
  'E-BAS-FORM': [
    'The baseline, or the older result to compare with, is not one that svcsplit wrote.',
    'Write it anew: `svcsplit gate --write-baseline`, or `-o json=FILE`.',
  ],
  'E-RES-FORM': [
    'A saved result is damaged, or of another version of svcsplit.',
    'Write it anew with `-o json=FILE`.',
  ],
  'E-GIT-REV': [
    'git does not know the revision, or this is no checkout.',
    'Name a branch, tag or commit that is here; a shallow clone may have to fetch it.',
  ],
  'E-CAT-FORM': [
    'Facts of releases, shipped or your own, cannot be read.',
    'Write them anew with `svcsplit catalog import` and `catalog update`, or reinstall svcsplit.',
  ],
  'E-CAT-MIX': [
    'A release of your own has the name of a shipped one: answers would rest on pins of both.',
    'Give your release another name.',
  ],
  'E-CAT-MISSING': [
    'An answer needs a fact that is not among the shipped ones.',
    'Leave `--offline` out, so that an index is asked, or run `svcsplit catalog update`.',
  ],
  'E-LCK-FORM': [
    'A lock is no `pylock.toml` as svcsplit writes it. What is not understood is refused: two readers would install two sets.',
    'Write it anew with `svcsplit lock`; after a merge, take one side whole.',
  ],
  'E-LCK-DIFFERS': [
    'What would be built is not what the lock says: another service, platform, Python, base or wheel.',
    'Take the lock of this image, or write a new one.',
  ],
  'E-LCK-UNSOLVED': [
    'The pins of the release do not give a complete set of distributions for this service.',
    'The message names the demands; `svcsplit analyze` shows the evidence.',
  ],
  'E-LCK-NOFILE': [
    'No wheel of a locked version fits this Python, platform and glibc, and there is no sdist.',
    'Take another platform, a newer base, or a wheelhouse.',
  ],
  'E-IDX-UNKNOWN': [
    'No package index is named, or what is named is no address.',
    'Give `--index-url`, or set PIP_INDEX_URL.',
  ],
  'E-IDX-NOTFOUND': [
    'The index does not have the distribution or the file.',
    'Mend the name, or ask another index.',
  ],
  'E-IDX-CONTENT': [
    'The index answered with something that is no index page: a login page of a proxy, half an answer, the page of another project.',
    'Open the address in a browser; mend `--index-url` or the proxy.',
  ],
  'E-IDX-METADATA': [
    'The metadata of a version cannot be read, or says that it is of another one.',
    'Take another version; tell whoever publishes it.',
  ],
  'E-IDX-HASH': [
    'A file has not the SHA-256 that the lock or the index names. It was not used and not kept.',
    'Fetch again; if it stays so, the file was replaced after it was locked: find out why before you lock anew.',
  ],
  'E-NET-OFFLINE': [
    'Something that only the network has is needed, and `--offline` forbids it.',
    'Run it once without `--offline`, or bring the cache.',
  ],
  'E-NET-STATUS': [
    'A server answered with a status that is no success, after retries where these make sense.',
    'The message has address and status; a login goes into netrc.',
  ],
  'E-NET-CONNECT': [
    'No connection to the server: name, address, port or proxy.',
    'Check them; HTTPS_PROXY and NO_PROXY are heeded.',
  ],
  'E-NET-TLS': [
    'The certificate of the server is not trusted, or the certificates to trust cannot be read. It is never skipped.',
    'Point SSL_CERT_FILE at the certificates of your organisation.',
  ],
  'E-NET-TIMEOUT': [
    'The server sent nothing for too long, or too slowly for the deadline of the whole answer.',
    'Try again; what was fetched is kept.',
  ],
  'E-NET-TRUNC': [
    'Answers ended before their announced length, each time.',
    'A proxy may limit sizes: fetch the address with another program.',
  ],
  'E-NET-LIMIT': [
    'An answer, unpacked, is larger than anything legitimate. It was not kept.',
    'Look what the address serves.',
  ],
  'E-NET-REDIRECT': [
    'A redirect leads in circles, to something that is not HTTP, or from TLS to plain HTTP.',
    'Mend the address, or the server.',
  ],
  'E-WHL-KIND': [
    'The file is no zip archive, or is another kind of archive too.',
    'Look what the index serves: often an error page.',
  ],
  'E-WHL-TRUNC': ['The archive ends before its directory does.', 'Fetch it again, and lock the whole file.'],
  'E-WHL-DIFF': [
    'Two readers would read the archive in two ways: local headers that contradict the directory, hidden members, bytes before or behind.',
    'Do not install it with another tool either; tell whoever publishes it.',
  ],
  'E-WHL-PATH': [
    'A member would be written outside of the environment.',
    'Do not install it; tell whoever publishes it.',
  ],
  'E-WHL-NAME': [
    'A member has a name that file systems do not take or that hides what it is.',
    'Tell whoever publishes it.',
  ],
  'E-WHL-LINK': [
    'A member is a link, a device or a folder that is a file.',
    'Tell whoever publishes it: wheels have plain files.',
  ],
  'E-WHL-MODE': ['A member would run with the rights of its owner or group.', 'Tell whoever publishes it.'],
  'E-WHL-DUP': [
    'Two members have one path, or paths that some file systems take for one.',
    'Tell whoever publishes it.',
  ],
  'E-WHL-METHOD': [
    'A member is encrypted, or packed by a method that wheels do not use.',
    'Tell whoever publishes it: stored and deflate are used.',
  ],
  'E-WHL-LIMIT': [
    'The archive has too many members, or one that unpacks to far more than it should.',
    'Look whether it is a bomb.',
  ],
  'E-WHL-DISTINFO': [
    'The `.dist-info` folder is missing, there are two, or it is of another name or version.',
    'Tell whoever publishes it.',
  ],
  'E-WHL-RECORD': [
    'RECORD is missing, does not list a member, lists one that is not there, or vouches for other bytes.',
    'Fetch it again; if it stays so, tell whoever publishes it.',
  ],
  'E-WHL-SCHEME': [
    'A file would go to a place that is not known, or replace the interpreter.',
    'Tell whoever publishes it.',
  ],
  'E-WHL-ENTRYPOINT': [
    'A script of `entry_points.txt` has a name that leads elsewhere, or a target that is no object of a module.',
    'Tell whoever publishes it.',
  ],
  'E-WHL-CLASH': [
    'Two distributions of one environment install one path with different bytes: the last one would win.',
    'Take one of them out of the lock.',
  ],
  'E-SDT-FORM': [
    'An sdist is no tar archive by gzip, is damaged, or two readers would read it in two ways.',
    'Fetch it again, or take a version with a wheel.',
  ],
  'E-SDT-BUILD': [
    'The build of an sdist failed; the end of its output is in the message, all of it in the log.',
    'Add what it misses (`systemPackages.build`), or bring a wheel: `--wheelhouse`.',
  ],
  'E-IMG-DIGEST': [
    'A blob of an image layout is not the one that its digest names, or unpacks to something else.',
    'Fetch the image again.',
  ],
  'E-IMG-FORM': [
    'A manifest, config, index or layer is not as the OCI image specification has it, or could be read in two ways.',
    'Make the layout anew: `skopeo copy` or `svcsplit copy`.',
  ],
  'E-IMG-BASE': [
    'The base has no Python or no glibc, is for another platform, or cannot be read.',
    'Take another base, such as `debian:bookworm`.',
  ],
  'E-IMG-UNFIT': [
    'The finished image does not hold what its lock says, or does not start. It was not delivered, and no tag moved.',
    'The message says what differs; `--no-verify` delivers without proof.',
  ],
  'E-IMG-REF': [
    'An image reference or a destination cannot be parsed.',
    'Write `oci:DIR`, `oci-archive:FILE` or `registry:HOST/REPOSITORY:TAG`.',
  ],
  'E-REG-AUTH': [
    'The registry refuses the login, none is known, or it would be sent to another host than the one that it is for.',
    'Log in with `docker login` or `podman login`; look at where the registry sends for tokens.',
  ],
  'E-REG-CONFIG': [
    'The file with the logins of registries cannot be read. Nothing of it is shown.',
    'Log in anew; DOCKER_CONFIG and REGISTRY_AUTH_FILE say which file it is.',
  ],
  'E-REG-INSECURE': [
    'A login would go over the network in clear text.',
    'Use TLS, or a registry on this machine.',
  ],
  'E-REG-UNKNOWN': [
    'The registry does not have the image or the tag.',
    'Mend the reference, or push the image.',
  ],
  'E-REG-STATUS': [
    'The registry refused a request, or failed after retries.',
    'The message has its status and its own words.',
  ],
  'E-REG-UPLOAD': [
    'A blob could not be uploaded after retries. The tag has not moved.',
    'Push again: what is there is not sent twice. Smaller pieces: `--chunk-size`.',
  ],
  'E-REG-CONTENT': [
    'What the registry sent for an image is none, or contradicts its own announcement.',
    'Look what the reference names: it may be a chart or an artifact.',
  ],
  'E-REG-DIGEST': [
    'The registry stored or sent other bytes than the digest names. The tag has not moved.',
    'A proxy or a cache may change manifests; ask whoever runs the registry.',
  ],
  'E-REG-IMMUTABLE': [
    'The tag names another image, and this registry does not let tags move.',
    'Choose another tag.',
  ],
  'E-REG-VERIFY': [
    'Read again right after the push, the tag names another image.',
    'Somebody else may have pushed: look, and push again.',
  ],
  'E-ATT-LOCK': [
    'The lock and the image do not belong together: what would be attested is not so.',
    'Give the lock that the image was built from.',
  ],
  'E-ATT-KEY': [
    'The key is not in PEM form, or not of a kind that signs here.',
    'Make one: `openssl genpkey -algorithm ed25519`.',
  ],
  'E-ATT-FORM': ['An attestation or SBOM cannot be read.', 'Attest the image anew: `svcsplit attest`.'],
  'E-OUT-EXISTS': [
    'The destination holds something that svcsplit did not make. It is left as it is.',
    'Name another destination, or remove it yourself.',
  ],
  'E-EXE-MISSING': [
    'A program that is needed here is not installed or not in PATH.',
    'Install it; the message names it.',
  ],
  'E-EXE-FAILED': [
    'A program failed, hung or was killed; its last words are in the message.',
    'Look at them; `--debug` shows more.',
  ],
}
