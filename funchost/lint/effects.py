"""Which names outside the app do what an orchestrator must not: one table, by full dotted name.

``()`` stands for a call's result, so ``pathlib.Path().exists`` is the method of an object. A name that ends in
``*`` stands for all names that begin so. Exact names win, then the longest beginning.
"""

from __future__ import annotations

import re
from functools import cache

_TABLE: dict[str, str] = {
    "DF001": """
        datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today
        time.time time.time_ns time.monotonic time.monotonic_ns time.perf_counter time.perf_counter_ns
        time.process_time time.process_time_ns time.thread_time time.thread_time_ns time.clock_gettime
        time.clock_gettime_ns time.localtime time.gmtime time.ctime time.asctime time.strftime
        email.utils.localtime email.utils.formatdate
        pandas.Timestamp.now pandas.Timestamp.utcnow pandas.Timestamp.today
        pendulum.now pendulum.today pendulum.tomorrow pendulum.yesterday
        arrow.now arrow.utcnow django.utils.timezone.now dateutil.utils.today
    """,
    "DF002": """
        random.* uuid.uuid1 uuid.uuid4 uuid.uuid6 uuid.uuid7 secrets.* os.urandom os.getrandom ssl.RAND_bytes
        numpy.random.* ulid.new ulid.ULID nanoid.generate shortuuid.uuid shortuuid.random
    """,
    "DF003": """
        builtins.open builtins.input io.open io.open_code codecs.open
        os.open os.read os.write os.close os.listdir os.scandir os.walk os.fwalk os.stat os.lstat os.access
        os.remove os.unlink os.rename os.renames os.replace os.mkdir os.makedirs os.rmdir os.removedirs os.link
        os.symlink os.readlink os.chmod os.chown os.chdir os.getcwd os.truncate os.utime os.system os.popen
        os.startfile os.kill os.fork os.exec* os.spawn* os.posix_spawn*
        os.path.exists os.path.lexists os.path.isfile os.path.isdir os.path.islink os.path.ismount os.path.getsize
        os.path.getmtime os.path.getctime os.path.getatime os.path.realpath os.path.samefile
        pathlib.Path.cwd pathlib.Path().read_text pathlib.Path().read_bytes pathlib.Path().write_text
        pathlib.Path().write_bytes pathlib.Path().open pathlib.Path().exists pathlib.Path().is_file
        pathlib.Path().is_dir pathlib.Path().is_symlink pathlib.Path().iterdir pathlib.Path().glob
        pathlib.Path().rglob pathlib.Path().walk pathlib.Path().stat pathlib.Path().lstat pathlib.Path().mkdir
        pathlib.Path().rmdir pathlib.Path().unlink pathlib.Path().touch pathlib.Path().rename
        pathlib.Path().replace pathlib.Path().chmod pathlib.Path().samefile pathlib.Path().symlink_to
        pathlib.Path().hardlink_to pathlib.Path().readlink
        shutil.copy* shutil.move shutil.rmtree shutil.make_archive shutil.unpack_archive shutil.disk_usage
        shutil.which shutil.chown glob.glob glob.iglob tempfile.* fileinput.*
        zipfile.ZipFile tarfile.open tarfile.TarFile gzip.open bz2.open lzma.open shelve.open dbm.open
        subprocess.* socket.* http.client.* urllib.request.* ftplib.* smtplib.* imaplib.* poplib.* telnetlib.*
        xmlrpc.client.* socketserver.* http.server.* webbrowser.open*
        requests.* httpx.* aiohttp.* urllib3.* websocket.* websockets.* grpc.* paramiko.*
        sqlite3.connect sqlite3.connect()* psycopg.* psycopg2.* pyodbc.* pymysql.* mysql.connector.* asyncpg.*
        aiosqlite.* pymongo.* motor.* redis.* cassandra.cluster.* elasticsearch.* duckdb.* sqlalchemy.create_engine*
        sqlalchemy.orm.Session* boto3.* botocore.* google.cloud.* azure.storage.* azure.data.tables.*
        azure.cosmos.* azure.servicebus.* azure.eventhub.* azure.eventgrid.* azure.keyvault.* azure.identity.*
        azure.ai.* openai.* anthropic.* twilio.rest.* sendgrid.* pika.* kafka.* confluent_kafka.*
        pandas.read_* numpy.load numpy.save numpy.savez* numpy.loadtxt numpy.savetxt numpy.fromfile
    """,
    "DF008": """
        os.getenv os.getenvb os.putenv os.unsetenv os.environ.* os.getpid os.getppid os.getlogin os.uname
        os.cpu_count os.getloadavg platform.* getpass.* pathlib.Path.home pathlib.Path().expanduser
        os.path.expanduser os.path.expandvars socket.gethostname socket.getfqdn uuid.getnode locale.getlocale
        locale.getdefaultlocale time.tzset dotenv.* psutil.*
    """,
    "DF009": """
        time.sleep asyncio.sleep gevent.sleep eventlet.sleep trio.sleep anyio.sleep signal.pause signal.sigwait*
    """,
    "DF010": """
        threading.* multiprocessing.* concurrent.futures.* asyncio.* _thread.* queue.* sched.* signal.* anyio.*
        trio.* gevent.* eventlet.* joblib.*
    """,
    "DF014": """
        azure.durable_functions.DurableOrchestrationClient*
    """,
    "DF018": "builtins.hash builtins.id",
}

# What looks like one of the above by its beginning, and is harmless: values, exceptions, and pure functions.
_HARMLESS = """
    random.Random random.Random(seeded)* random.Random().seed numpy.random.default_rng(seeded)*
    numpy.random.RandomState(seeded)* numpy.random.SeedSequence uuid.UUID subprocess.list2cmdline
    subprocess.CompletedProcess* socket.inet_aton socket.inet_ntoa socket.inet_pton socket.inet_ntop
    socket.htons socket.htonl socket.ntohs socket.ntohl urllib.request.Request urllib.request.quote
    urllib.request.unquote urllib.request.pathname2url urllib.request.url2pathname requests.Session
    requests.session requests.Request* requests.codes* requests.auth.* requests.utils.* requests.adapters.*
    requests.exceptions.* requests.structures.* httpx.URL* httpx.Client httpx.AsyncClient httpx.Headers*
    httpx.QueryParams* httpx.Request httpx.Response* httpx.Timeout httpx.Limits httpx.codes* httpx.BasicAuth
    aiohttp.ClientTimeout urllib3.util.* urllib3.exceptions.* grpc.StatusCode* psycopg2.sql.* psycopg.sql.*
    pymongo.ASCENDING pymongo.DESCENDING tempfile.gettempprefix openai.types.* platform.python_version_tuple
    asyncio.iscoroutine asyncio.iscoroutinefunction signal.Signals*
"""
_NO_EFFECT = re.compile(
    r"(Error|Exception|Warning|Timeout|Interrupt|NotFound|Exceeded)(\(\).*)?$|\.(errors|exceptions|types)\."
)
# Functions that read the clock, or chance, only when they are not told: how many arguments make them harmless.
_TOLD_BY_ARGUMENTS = {
    "time.localtime": 1, "time.gmtime": 1, "time.ctime": 1, "time.asctime": 1, "time.strftime": 2,
    "email.utils.localtime": 1, "email.utils.formatdate": 1,
    "numpy.random.default_rng": 1, "numpy.random.RandomState": 1,
}  # fmt: skip


def _compile() -> tuple[dict[str, str], list[tuple[str, str]]]:
    exact: dict[str, str] = {}
    beginnings: list[tuple[str, str]] = []
    for code, names in [*_TABLE.items(), ("", _HARMLESS)]:
        for name in names.split():
            if name.endswith("*"):
                beginnings.append((name[:-1], code))
            else:
                exact[name] = code
    beginnings.sort(key=lambda entry: len(entry[0]), reverse=True)
    return exact, beginnings


_EXACT, _BEGINNINGS = _compile()


@cache
def effect_of(dotted: str, arguments: int = 0) -> str | None:
    """The code of the rule that calling an external name breaks; None for one that is harmless or unknown.

    ``arguments``: how many the call has.
    """
    if dotted in _TOLD_BY_ARGUMENTS and arguments >= _TOLD_BY_ARGUMENTS[dotted]:
        return None
    if dotted in _EXACT:
        return _EXACT[dotted] or None
    if _NO_EFFECT.search(dotted):
        return None
    return next((code or None for start, code in _BEGINNINGS if dotted.startswith(start)), None)


def shown(dotted: str) -> str:
    """A dotted name as people write it: ``datetime.now``, ``Path().exists``."""
    parts = dotted.replace("(seeded)", "()").split(".")
    if parts[0] == "builtins":
        return ".".join(parts[1:])
    classes = [i for i, part in enumerate(parts) if part[:1].isupper() or part == "datetime"]
    start = classes[-1] if classes and classes[-1] < len(parts) - 1 else 0
    return ".".join(parts[start:])
