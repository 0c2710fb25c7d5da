"""The hand-made questions; make.py adds random ones."""

from itertools import product

VERSIONS = (
    """
1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 1.0b2.post345
1.0rc1.dev456 1.0rc1 1.0 1.0+abc.5 1.0+abc.7 1.0+5 1.0.post456.dev34 1.0.post456 1.1.dev1 1.2+123abc
1.2+123abc456 1.2+abc 1.2+abc123 1.2+abc123def 1.2+1234.abc 1.2+123456 1.2.r32+123456 1.2.rev33+123456
1!1.0.dev456 1!1.0a1 1!1.0 1!1.0+abc.5 1!1.0.post456.dev34 1!1.0.post456 1!1.1.dev1 1!1.2+123456
0 0.0 0.dev0 0.0.dev0 0a0 0a0.dev0 0.post0 0.post0.dev0 0+0 0+a 1 1.0.0 1.0.0.0 1.0.1 1.0.0.1 1.0.0.1.dev0
1.0.post0 1.0.post0.dev0 1.0.post1 1.0.post1+a 1.0.post1.dev0 1.0.post2 1.0.post2.dev0 1.0.dev0 1.0.dev0+x 1.0.dev1
1.0a0 1.0a0.dev0 1.0a1.post0 1.0a1.post0.dev0 1.0a1.post1.dev2+a.1 1.0a2 1.0a2.dev0 1.0b1 1.0b0 1.0rc0 1.0rc1.post1
1.0rc1+a 1.0rc2 1.0rc2.dev0 1.1 1.1.0 1.1a1 1.1rc1 1.1.1 1.1.post1 1.2 1.2.0 1.2.1 1.2.dev0 1.2.3 1.10 1.9 1.9.9
2 2.0 2.0.0 2.0.dev0 2.0.dev1 2.0a1 2.0rc1 2.0.post1 2.0+local 2.1 2.1.dev1 2.2.post3.dev4 3 3.0a1 3.1 10 10.0.1
2023.1 2023.03.6 2023.3.6 2024.1.0.0 2013.10 5.0.0.0b1 1.0+ubuntu.1 1.0+ubuntu-1 1.0+ubuntu_1 1.0+UBUNTU.1 1.0+1
1.0+01 1.0+0 1.0+a.b.c 1.0+a1 1.0+1a 1.0+10 1.0+9 9007199254740992 9007199254740993 1.9007199254740993
1.9007199254740992 1.0.dev9007199254740993 1.0.dev9007199254740992 1!0 01!01.02 0!1.0 v1.0 V1.0 v1!1.0 1.0alpha
1.0.alpha.1 1.0-alpha-1 1.0_alpha_1 1.0ALPHA1 1.0beta1 1.0c1 1.0pre1 1.0preview1 1.0-preview-1 1.0.PREVIEW1 1.0-1
1.0-01 1.0.r1 1.0.rev1 1.0-r1 1.0post 1.0.post 1.0-post-2 1.0_post_2 1.0POST2 1.0dev 1.0-dev-3 1.0_dev3 1.0DEV3 1.0a.
1.0.a. 1.0a-1 1.0a--1 1.0a.dev1 1.0a1-1 1.0a1-1.dev2 1.0.dev. 1.0a.post1 00 000.001 1.0+abc-7 1.0+abc_7
foobar 1.0+ 1.0+a+ 1.0++ 1.0+_foobar 1.0+foo&asd 1.0+1+1 1.0. 1..0 .1 1.a.b a 1.0- 1.0_ 1.0a1a2 1.0.post1.post2 1.0.dev1.dev2
1.0.dev1.post1 1.0-a-b 1.0--1 1!! !1 1!1!1 1.0rcx v vv1.0 1.0.* 1.0,2 1.0x 1.0foo 1.0.post1a1 -1 1.-1 1.0+- 1.0+a..b
1.0+a. 1.0+.a 1e5 0x1 1.0al 1.0prev 1_0 1_000.0 ١.٠ 1.0é 1.0poſt1 １.０ 1.0.devK
""".split()
    + [" 1.0", "1.0 ", "\t1.0\n", "\x0b1.0", "1.0\x1c", "\xa01.0", "\u20031.0", "\ufeff1.0", "1.0\x85", "1. 0", "", " "]
    + ["1." + "9" * 40, "1." + "9" * 39 + "8", "1." + "0" * 40 + "1", "9" * 150, "1" + "0" * 150, "weird", "WeIrd", "==1.0"]
)

_BASES = """1 1.0 1.0.0 1.1 1.2 2 2.0 1.0a1 1.0a2.dev0 1.0b1 1.0rc1 1.0.dev0 1.0.dev456 1.0.post0 1.0.post1 1.0.post456.dev34
1.0a1.post1 1!1.0 0 0.dev0 0.0.1 2023.3.6 v1.0 1.0-1 1.0alpha1 9007199254740993 1.0b2.post345""".split()

SPECIFIERS = (
    [operator + base for operator, base in product(["==", "!=", "<=", ">=", "<", ">"], _BASES)]
    + ["~=" + base for base in _BASES if "." in base.partition("dev")[0].rstrip(".").partition("a")[0]]
    + [operator + base + ".*" for operator, base in product(["==", "!="], ["0", "1", "1.0", "1.0.0", "1.1", "2", "1!1", "1!1.0", "v1", "2023.03"])]
    + [operator + base for operator, base in product(["==", "!="], ["1.0+abc.5", "1.0+5", "1.0.post1+a", "1.0rc1+a", "1.0+UBUNTU-1", "1!1.0+abc.5", "0+a"])]
    + ["===" + base for base in ["1.0", "1.0.0", "1", "1.0+abc.5", "1.0A1", "1.0a1", "weird", "WEIRD", "", "v1.0", "1.0.*", "=1.0", "==1.0", "foo,"]]
    + ["~=1.0.0", "~=1.1.0", "~=2.0.post1", "~=1.0.dev456", "~=1.0.0.0", "~=0.0", "~= 1.0", ">= 1.0", "== v1.0", " >=1.0 ", "=== 1.0"]
)

SETS = [
    "", ",", " , ", ">=1.0,", ",>=1.0", ",,>=1.0,,<2,", ">=1.0,<2", ">=1,<2,!=1.1", ">=1.0,!=1.0", "==1.0,!=1.0", ">1.0,<1.1",
    ">=2,<1", ">=1.0a1", ">=1.0a1,<2", "<2.0dev", "<2.0.dev0", "<2.0a1,>=1", "!=1.0a1", "!=1.0.*,!=1.1.*", "==1.*,!=1.1", "~=1.0,!=1.1",
    ">=1,===1.0", "===1.0,===1.0", "===1.0,===1.1", "===weird,===WEIRD", "===weird,>=0", "<1,===1.0", "===1.0a1", "===1.0a1,>=1.0a1",
    "<0", "<0.dev0", ">=0.dev0", ">=0", "<=0", "!=0.dev0", "!=1.0,>=1.0,<=1.0", ">1.0a1,<1.0a2.dev0", ">1.0a1,<1.0a2", ">1.0.dev1,<1.0.dev2",
    ">1.0.post1,<1.0.post2", ">1.0.post1,<1.0.post2.dev0", ">=1.0,<=1.0", "<=1.0,>=1.0.post0.dev0", "<=1.0,>=1.0.post0", ">1.0,<1.0.post5", "==1.0,==1.0+5",
    "==1.0+5,!=1.0", "!=1.0+5,==1.0", ">=1.0,<1.0.0.1", "<1!0", ">=1!0", "<1!0,>=9007199254740993", "==1!1.*", ">9007199254740992",
    "!=9007199254740992", "~=2.2,!=2.2.1", ">=1.0rc1,<1.0", "<1.0,>=1.0.dev0", "==1.0.*,<1.0", "!=2.0.*,<=2.0", ">1,>1.0", ">=1.0,>=1.0.0", "<2,>=1.0.post1",
    "!=1.0,!=1.0.post1,!=1.1", "===1.0,!=1.1", "===foo.bar,===FOO.BAR", ">1.0b2,<1.0rc1", "!=1.2.dev0,<1.2.dev1", "<=1.0.post456.dev34", "!=1.0.post456.dev34,>1.0.post1",
]

ENVIRONMENTS = {}
_LINUX = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.15",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": "3.11.15",
    "platform_python_implementation": "CPython",
    "python_version": "3.11",
    "sys_platform": "linux",
}


def _environment(name, context="metadata", **values):
    ENVIRONMENTS[name] = ({**_LINUX, **values}, context)


_environment("linux")
_environment("extra", extra="Foo_Bar")
_environment("old", python_version="3.9", python_full_version="3.9.0", implementation_version="3.9.0", platform_machine="aarch64")
_environment("new", python_version="3.14", python_full_version="3.14.0rc1", implementation_version="3.14.0rc1")
_environment(
    "windows",
    os_name="nt",
    sys_platform="win32",
    platform_system="Windows",
    platform_release="10",
    platform_version="10.0.19045",
    platform_machine="AMD64",
)
_environment(
    "kernel",
    platform_release="6.1.0-9-amd64",
    platform_version="#1 SMP PREEMPT_DYNAMIC Debian 6.1.27-1",
    python_full_version="3.11.15+",
)
_environment("lock", "lock_file", extras={"Foo_Bar", "b"}, dependency_groups=frozenset({"Test"}), extra="")

MARKERS = [
    'python_version >= "3.8"', "python_version < '3'", 'python_version == "3.11"', 'python_version == "3.*"', 'python_version != "3.11.*"',
    'python_version ~= "3.8"', 'python_version ~= "3"', 'python_version === "3.11"', 'python_version in "3.10 3.11"', 'python_version not in "3.10, 3.11"',
    '"3.8" <= python_version', '"3.11" == python_version', '"3" in python_version', 'python_full_version >= "3.11.4"', 'python_full_version < "3.14"',
    'python_full_version == "3.11.*"', 'python_full_version <= "3.14.0rc1"', 'python_version > "3.11.1"', 'python_version < "2.7" or python_version >= "3.4"',
    'os_name == "posix"', 'os.name == "posix"', 'os_name != "nt"', 'sys_platform == "win32"', "sys.platform == 'linux'", 'sys_platform in "linux darwin"',
    'sys_platform not in "win32"', '"linux" in sys_platform', '"linux" not in sys_platform', 'platform_machine == "x86_64"', 'platform.machine == "aarch64"',
    'platform_machine in "x86_64 amd64 AMD64"', 'platform_python_implementation == "CPython"', 'platform.python_implementation == "PyPy"',
    'python_implementation == "CPython"', 'platform_system == "Linux"', 'platform_release >= "5"', 'platform_release == ""', 'platform_release != "1"',
    'platform_release < "20"', 'platform_release == "6.1.0-9-amd64"', 'platform_release in "6.1.0-9-amd64 10"', 'platform_version == ""', 'platform.version >= "10"',
    'platform_version < "11"', 'implementation_name == "cpython"', 'implementation_version >= "3.9"', 'os_name >= "posix"', 'os_name <= "posix"', 'os_name < "z"',
    'os_name > "a"', 'os_name ~= "posix"', 'os_name === "posix"', 'os_name == "nt" and os_name ~= "x"', 'os_name == "posix" or os_name === "x"',
    'extra == "foo-bar"', 'extra == "Foo.Bar"', "'foo_bar' == extra", 'extra != "foo_bar"', 'extra == ""', 'extra in "foo-bar baz"', '"foo" in extra',
    'extra == "b" and python_version > "3"', 'extra == "b" or extra == "foo-bar"', 'extra ~= "b"', 'extra < "b"', 'extra == "1.0" and extra === "1.0"',
    '"Foo.Bar" in extras', '"b" not in extras', '"zz" in extras', 'extras == "b"', '"b" == extras', '"b" != extras', '"b" <= extras', '"b" < extras', '"b" ~= extras',
    '"test" in dependency_groups', '"Test" not in dependency_groups', 'dependency_groups in "b"', 'extra in extras', 'extras in extra',
    '"3" == "3"', '"posix" == "os_name"', '"3.11" >= "python_version"', 'os_name == sys_platform', 'python_version == python_full_version', 'python_version >= os_name',
    '"linux" == sys_platform and "x" in "os_name"', '(os_name == "posix")', '((os_name == "posix"))', '( os_name == "posix" ) and (python_version > "3")',
    'os_name == "a" and (os_name == "b" or os_name == "c")', '(os_name == "a" and os_name == "b") or os_name == "c"', 'os_name == "a" or os_name == "b" and os_name == "posix"',
    '(os_name == "a" or os_name == "posix") and sys_platform == "linux"', '((os_name == "a") or ((os_name == "posix" and (extra == "x"))))',
    "os_name=='posix'and sys_platform=='linux'or os_name=='x'", 'os_name\t==\t"posix"', ' os_name == "posix" ', "os_name == 'it\"s'", 'os_name == "it\'s"',
    'python_version >= "3.8" and python_version < "3.12" and extra == "a"', 'python_version == "3.11.dev1"', 'python_version >= " 3.8 "', 'python_version >= "abc"',
    'python_version == "abc"', 'python_version ~= "abc"', 'python_version >= "3.8,<4"', 'python_version >= "v3.8"', 'python_version >= "3.8+local"', 'python_version == "3.11+local"',
    'python_version in "abc"', 'os_name == "\\x70osix"', "os_name == '\\160osix'", "os_name == '\\u0070osix'", "os_name == 'a\\qb'", "os_name == '\\'", 'os_name == "\\\\"',
    "os_name == 'posix\\t'", "os_name == '\\U00000070osix'", "os_name == '\\x7'", "os_name == '\\U00110000'", 'os_name == "\n"', 'os_name == ""', "os_name == ''",
    'python_version', 'python_version >', '"3" >', '== "3"', 'os_nam == "posix"', 'os_name = "posix"', 'os_name == posix', 'os_name == "posix', 'os_name == "posix" and', 'and os_name == "x"',
    'os_name == "posix" or', '(os_name == "posix"', 'os_name == "posix")', '()', '', ' ', 'os_name == "posix" os_name == "x"', 'os_name == "a" && os_name == "b"', 'not os_name == "a"',
    'os_name not "a"', 'os_name notin "a"', 'os_name not  in "abc posix"', 'os_name in("a")', 'os_namex == "a"', 'python_versions == "3"', 'extra_s == "3"', 'os-name == "a"', 'os_name == "a" AND os_name == "b"',
    'os_name.x == "a"', 'platform.release == "x"', 'platform.system == "x"', 'implementation.name == "x"', 'python.version == "3"', 'os_name == "a";', 'os_name == u"a"', 'os_name == "a" "b"', 'os_name is "a"',
    'os_nameé == "a"', 'os_name iné "a"', 'os_name == "é"', 'os_name == 1', 'python_version >= 3.8', '\u00a0os_name == "a"', 'os_name\n== "a"', '"a" in"abc"', 'os_name in"posix"and"x"!=os_name',
]

REQUIREMENTS = [
    "foo", "Foo.Bar_baz", "a", "A1", "foo-", "foo.", "foo_", "-foo", ".foo", "_foo", "", " ", " foo ", "\tfoo\t", "\nfoo", "foo\n", "foo bar", "foo>=1", "foo >=1", "foo >= 1", "foo>=1 ", "foo>= 1 , < 2",
    "foo>=1,<2,!=1.5", "foo>=1,", "foo>=1,,<2", "foo,>=1", "foo (>=1)", "foo(>=1,<2)", "foo ( >=1 , <2 )", "foo()", "foo( )", "foo (>=1", "foo >=1)", "foo (1.0)", "foo 1.0", "foo==", "foo >= ", "foo=1", "foo = 1",
    "foo==1.0.*", "foo!=1.*", "foo>=1.*", "foo~=1.0.*", "foo==1.0a1.*", "foo~=1", "foo~=1.0", "foo===1.0", "foo===weird", "foo===", "foo=== weird ; os_name == 'x'", "foo===a,b", "foo===1.0,<2", "foo(===1.0)",
    "foo===1.0;os_name=='x'", "foo>=1+local", "foo==1+local", "foo==1+LOCAL.1", "foo>=1+LOCAL", "foo<2.0dev", "foo<2.0.dev0", "foo==2023.03.6", "foo==v1.0", "foo==1!2.0", "foo==not-a-version", "foo>=1 <2", "foo>=1;", "foo;",
    "foo ;", "foo; os_name == 'x'", "foo ; os_name == 'x'", "foo>=1; os_name == 'x'", "foo>=1 ;os_name=='x' ", "foo; os_nam == 'x'", "foo; python_version >", "foo; (os_name == 'x'", "foo os_name == 'x'",
    "foo[a]", "foo[a,b]", "foo [a , B_c]", "foo[ a ]>=1", "foo[]", "foo[ ]", "foo[a,]", "foo[,a]", "foo[a,,b]", "foo[a b]", "foo[a", "foo]a[", "foo[a]b", "foo[a-]", "foo[-a]", "foo[a.b_c-d]", "foo[a,A]", "foo[é]", "foo[a][b]",
    "foo @ https://index.example/foo.whl", "foo@https://index.example/foo.whl", "foo @https://x", "foo @ file:///x", "foo @ ../x", "foo[a] @ https://x", "foo @", "foo @ ", "foo @ https://x ; os_name == 'x'",
    "foo @ https://x; os_name == 'x'", "foo @ https://x ;os_name == 'x'", "foo @ https://x os_name == 'x'", "foo @ https://x ", "foo @ x ;", "foo>=1 @ https://x", "foo @ https://x>=1", "foo @ https://x >=1",
    "foo @ git+https://x@main#egg=foo&subdirectory=a", "fооо", "foо", "foo\u200d", "foo\u200dbar>=1", "ｆoo", "fooé", "foo-é", "foo.é>=1", "foo/bar", "foo#bar", "foo # bar", "foo\\", "foo; extra == 'X_y'", "foo; 'A' in extras",
    "foo>=\n1.0", "foo>=1.0\n", "foo>=\x0b1.0", "__proto__", "constructor", "toString>=1", "foo<1.0-1", "foo<1.0post", "foo>1.0a.", "foo>=1.0a.,<2", "foo>=1.0-", "foo<=1.0_dev", "foo >=1.0 ; python_version<'3.8' and extra=='b' or os.name == 'nt'",
    "pyscss (>=1.4.0)", "oslo.config>=5.2.0,!=8.0.0", "Babel!=2.4.0,>=2.3.4 # BSD", "requests[security,socks]>=2.8.1,==2.8.*;python_version<\"2.7\"", "name@https://index.example/name", "A.B-C_D", "foo>=1;python_version=='3.*'",
    "foo==1.0.post1.dev2+ubuntu.1", "foo==2024.1.0.0", "foo>=0.0.0.0.0", "foo<2,>=1,!=1.1,!=1.2,==1.*", "foo!=1.0,!=1.0", "foo>1.0,>1.0.0", "foo (>1.0),<2", "foo((>1))", "foo>>1", "foo=>1", "foo=<1", "foo><1", "foo~1", "foo!1", "foo<", "foo*", "foo==*",
]

NAMES = """foo Foo foo-bar foo_bar foo.bar Foo_.-Bar foo--bar FOO.BAR__baz a A 9 -foo foo- .foo foo. _foo foo_ f_ foo/bar __proto__ constructor é
fоо foo\u200d İ K ﬁ A.B""".split() + ["", "foo bar", "foo\n", " foo"]

WHEELS = """foo-1.0-py3-none-any.whl foo-1.0-py2.py3-none-any.whl foo_bar-1.0-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
Foo.Bar-1.0-py3-none-any.whl foo-1.0-1abc-py3-none-any.whl foo-1.0-abc-py3-none-any.whl foo-1.0-007x-py3-none-any.whl foo-1.0+local.1-py3-none-any.whl
foo-1!2.0-cp39-abi3-linux_x86_64.whl foo__bar-1.0-py3-none-any.whl foo-bar-1.0-py3-none-any.whl foo-1.0-py3-none.whl foo-1.0-py3-none-any foo-1.0-py3-none-any.WHL
foo-1.0-py3..py2-none-any.whl foo-1.0--none-any.whl foo-1.0-3py-none-any.whl -1.0-py3-none-any.whl foo-x-py3-none-any.whl foo-1.0-PY3-None-ANY.whl fooé-1.0-py3-none-any.whl
foo-1.0-py3-none-any-any.whl a-b-c-d-e-f-g.whl foo-v1.0-py3-none-any.whl foo-1.0-1-2-py3-none-any.whl .foo-1.0-py3-none-any.whl foo.-1.0-py3-none-any.whl _-1-py3-none-any.whl
oslo_config-9.7.1-py3-none-any.whl cffi-1.17.1-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl foo-01.00-py3-none-any.whl foo-1.0-é3-none-any.whl""".split()

DESCRIPTIONS = [
    "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\nRequires-Dist: a>=1\nRequires-Dist: b; extra == 'x'\nProvides-Extra: x\nRequires-Python: >=3.8\n\nBody: not a header\n",
    "metadata-version: 2.1\nNAME: foo\nversion:1.0\nRequires-Dist:a\n",
    "Metadata-Version: 2.2\nName: foo\nVersion: 1.0\nDynamic: Requires-Dist\nDynamic: Version\nSummary: one\n two\n  three\n\n",
    "Metadata-Version: 2.1\nName: foo\nName: bar\nVersion: 1.0\n",
    "Metadata-Version: 2.1\r\nName: foo\r\nVersion: 1.0\r\nRequires-Dist: a\r\n ; extra == 'x'\r\n\r\nbody\r\n",
    "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\nRequires-Dist: a >=1,\n        <2\nUnknown-Field: x\nUnknown-Field: y\n",
    "Name: foo\nnot a header\nVersion: 1.0\n",
    " leading\nName: foo\n",
    "",
    "\n\nName: foo\n",
    "Name: foo\n\nVersion: 1.0\n",
    "Name:\nVersion:   1.0   \nRequires-Python:\t>=3\t\n",
    "Name: fo\u00e9\nVersion: 1.0\nRequires-Dist: a:b\n",
    "Name : foo\nVersion: 1.0\n",
    "Na\u00efme: foo\nVersion: 1.0\n",
    "Name: foo\rVersion: 1.0\rRequires-Dist: a\r\rbody",
    "Name: foo\x0bVersion: 1.0\nRequires-Dist: a\x0cb\n",
    "Name: foo\nDescription: a\n        |b\n        |c\nRequires-Dist: x\nKeywords: a,b\nProject-URL: a, https://x\nLicense-File: COPYING\n",
    "From me at noon\nName: foo\nVersion: 1\n",
    ":\nName: foo\n",
    ": x\nName: foo\n",
    "Name: foo\n \nVersion: 1\n",
    "From me at noon\nMetadata-Version: 2.1\nName: foo\nVersion: 1\nRequires-Dist: a\nFrom you\n at noon\nRequires-Dist: b\n",
    "Metadata-Version: 2.1\nName: foo\nVersion: 1\n: x\n y\nRequires-Dist: a\n\t; extra == 'b'\n \nRequires-Dist: c\nFrom x\n",
    "Metadata-Version: 2.4\nName: foo\nVersion: 1\nLicense: a\n        b\nRequires-Dist:\nRequires-Dist: c\nnot a header\nRequires-Dist: d\n",
]
