"""Parquet files as one table that is read when and as far as it is asked."""

from collections.abc import Sequence

import fsspec
import pyarrow as pa
from pyarrow import dataset

from ike_ray.storage.faults import translate_faults


def open_tables(uris: Sequence[str], schema: pa.Schema) -> dataset.Dataset:
    """The rows of the files as an Arrow dataset with the columns of `schema`: filters and columns are pushed down to them.

    All of them are on one file system. None: no rows.
    """
    if not uris:
        return dataset.dataset(schema.empty_table())
    with translate_faults(uris[0]):
        filesystem, _ = fsspec.core.url_to_fs(uris[0], use_listings_cache=False)
        paths = [filesystem._strip_protocol(uri) for uri in uris]
        return dataset.dataset(paths, schema=schema, format="parquet", filesystem=filesystem)
