"""What the sources yield: places with their names."""

from dataclasses import dataclass, field

from streams.geo.kinds import NameKind


@dataclass(slots=True)
class Row:
    """A place of the gazetteer on its way into the compiled file."""

    name: str
    kind: str
    lat: float
    lon: float
    country: str = ""
    admin1: str = ""
    admin2: str = ""
    population: int = 0
    geonames_id: int = 0
    wikidata: str = ""
    radius_km: float = 0.0
    precision: str = ""
    capital: bool = False
    names: dict[str, NameKind] = field(default_factory=dict)

    def add(self, name: str, kind: NameKind) -> None:
        """Give the place another name; the stronger kind stays."""
        self.names[name] = min(kind, self.names.get(name, kind))
