"""URLs: one spelling for all addresses of the same article, and the domain that published it."""

import re
from urllib.parse import quote

MAX_LENGTH = 8192  # browsers and search engines give up well before; longer ones are data, not addresses
_MAX_HOST = 253  # of a name in the DNS (RFC 1035, 2.3.4)

_URL = re.compile(r"(?:(https?):)?//([^/?#\\]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]+\]")
_AUTHORITY = re.compile(r"(?:.*@)?(\[[^\]@]*\]|[^:@\[\]]*)(?::([0-9]*))?", re.DOTALL)
_AMP_CACHE = re.compile(
    r"(?:https?:)?//(?:(?:www\.)?google\.[a-z.]+/amp/s?/|[^/?#]+\.ampproject\.org/[cv]/(?:s/)?)", re.I
)
_IGNORED = re.compile(r"[\x00-\x20\x7f\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")
# Written in the one way already: signs that need no escape, and bytes that are no ASCII.
_PLAIN_PATH = re.compile(r"(?:[A-Za-z0-9/_.~,:;=@!$&'()*+-]++|%[89A-F][0-9A-F])*+").fullmatch
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_SAFE = "%/~,:;=@!$&'()*+-"
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)

_VARIANTS = frozenset(("www", "www1", "www2", "www3", "m", "mobile", "mobil", "amp", "wap", "touch"))
_SECOND_LEVEL = frozenset(
    (
        "ac",
        "asn",
        "co",
        "com",
        "ed",
        "edu",
        "gen",
        "go",
        "gob",
        "gov",
        "gouv",
        "id",
        "in",
        "info",
        "ltd",
        "mil",
        "ne",
        "net",
        "nom",
        "or",
        "org",
        "press",
        "web",
    )
)
_LAST_SEGMENTS = frozenset(
    ("amp", "index.html", "index.htm", "index.php", "index.asp", "index.aspx", "default.aspx", "index.jsp")
)

# Names that say how the reader came, not what is read: campaign, click, share and session marks of common tools.
_TRACKING = frozenset(
    (
        "__hsfp", "__hssc", "__hstc", "__tn__", "__twitter_impression", "_branch_match_id", "_ga", "_gl",
        "_hsenc", "_hsmi", "_openstat", "amp", "amp_gsa", "amp_js_v", "cachebust", "campaign_id", "cb_rand",
        "cmp", "cmpid", "cvid", "dclid", "dicbo", "echobox", "fb_action_ids", "fb_action_types", "fb_ref",
        "fb_source", "fbclid", "feedtype", "ftag", "gbraid", "gclid", "gclsrc", "guccounter", "guce_referrer",
        "guce_referrer_sig", "hsctatracking", "icid", "icmp", "igsh", "igshid", "ito", "jsessionid",
        "li_fat_id", "linkid", "mbid", "mc_cid", "mc_eid", "mkt_tok", "msclkid", "ncid", "nlid", "nocache",
        "ns_campaign", "ns_fee", "ns_linkname", "ns_mchannel", "ns_source", "oborigurl", "ocid", "oly_anon_id",
        "oly_enc_id", "outputtype", "partner_id", "phpsessid", "print_ref", "rb_clickid", "ref_src", "ref_url",
        "referer", "referrer", "s_cid", "s_kwcid", "share_id", "shareadraft", "sharetype", "smid", "smtyp",
        "soc_src", "soc_trk", "spm", "sr_share", "srnd", "taid", "tblci", "trackingid", "trk_contact",
        "trk_module", "trk_msg", "trk_sid", "ttclid", "twclid", "usqp", "utm", "vero_conv", "vero_id", "wbraid",
        "wickedid", "wt_mc", "wt_zmc", "xtor", "xtref", "yclid", "ysclid",
    )
)  # fmt: skip
_TRACKING_PREFIXES = (
    "utm_",
    "at_",
    "mtm_",
    "pk_",
    "piwik_",
    "matomo_",
    "hsa_",
    "ga_",
    "itm_",
    "stm_",
    "wt.",
    "fb_",
    "sc_",
)
# Tracking on most sites, part of the address on some: dropped only where the value is a bare word, so no id.
_WEAK = frozenset(
    (
        "ref",
        "source",
        "src",
        "from",
        "via",
        "cmp",
        "feature",
        "output",
        "share",
        "intcmp",
        "campaign",
        "medium",
        "mod",
        "link",
        "rss",
        "outputtype",
    )
)
_WORD = re.compile(r"[A-Za-z_-]*").fullmatch


def canonical_url(url: str) -> str | None:
    """Return one spelling for all addresses of an article, or None when this is no http or https URL; never raises.

    It is an identity to compare, not an address to fetch: always https, without www, mobile and AMP variants, tracking
    parameters, fragment and trailing slash; the query is sorted. Whatever may be an id stays.
    """
    parts = _split(url)
    if parts is None:
        return None
    host, port, path, query, fragment = parts
    tail = f"?{query}" if query and (query := _query(query)) else ""
    route = f"#{_escape(fragment)}" if fragment[:1] in ("!", "/") and len(fragment) > 1 else ""
    return f"https://{host}{port}{_path(path)}{tail}{route}"


def domain_of(url: str) -> str | None:
    """Return the host of a URL (or of a bare host name with a dot), without www, mobile and AMP labels, or None."""
    parts = _split(url) or (_split(f"//{url}") if "." in url and "/" not in url else None)
    return parts[0] if parts else None


def _split(url: str) -> tuple[str, str, str, str, str] | None:
    """Split into host, `:port` or nothing, path, query, fragment; None when there is no valid host."""
    if len(url) > MAX_LENGTH:
        return None
    if " " in url or not (url.isascii() and url.isprintable()):
        url = _IGNORED.sub("", url)
    while wrapped := _AMP_CACHE.match(url):
        url = "//" + url[wrapped.end() :]
    match = _URL.fullmatch(url)
    authority = _AUTHORITY.fullmatch(match[2]) if match else None
    host = _host(authority[1]) if authority else None
    if match is None or authority is None or host is None:
        return None
    port = (authority[2] or "").lstrip("0")
    port = f":{port}" if port and port not in ("80", "443") else ""
    return host, port, match[3], match[4] or "", match[5] or ""


def _host(name: str) -> str | None:
    name = name.lower().rstrip(".")
    if len(name) > _MAX_HOST:
        return None
    if not name.isascii():
        try:
            name = name.encode("idna").decode().lower()
        except UnicodeError:
            return None
    if not _HOST.fullmatch(name):
        return None
    labels = name.split(".")
    if _VARIANTS.isdisjoint(labels[:-2]):
        return name
    # `com.au` is no host to fall back to: there `amp.com.au` is the name itself.
    own = 3 if len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    return ".".join([label for label in labels[:-own] if label not in _VARIANTS] + labels[-own:])


def _path(path: str) -> str:
    if ";" in path:
        path = _SESSION.sub("", path)
    segments: list[str] = []
    for segment in _escape(path).split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment and segment != ".":
            segments.append(segment.removesuffix(".amp"))
    while segments and segments[-1].lower() in _LAST_SEGMENTS:
        segments.pop()
    while segments and segments[0] == "amp":
        del segments[0]
    return "/" + "/".join(segments) if segments else ""


def _query(query: str) -> str:
    kept = []
    for pair in query.replace("&amp;", "&").split("&"):
        name, _, value = pair.partition("=")
        name = name.lower()
        if not name or name in _TRACKING or name.startswith(_TRACKING_PREFIXES) or (name in _WEAK and _WORD(value)):
            continue
        kept.append(_escape(pair))
    return "&".join(sorted(kept))


def _escape(text: str) -> str:
    """Write every sign one way: `%XX` in capitals where needed, else the sign itself (RFC 3986, 6.2.2)."""
    if _PLAIN_PATH(text):
        return text
    text = _BARE_PERCENT.sub("%25", text)
    return quote(_ESCAPE.sub(_unescape, text), safe=_SAFE + "?", errors="replace")


def _unescape(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if char.isascii() and (char.isalnum() or char in "-._~") else match[0].upper()
