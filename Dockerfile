# The project with all it needs, on Ray's own image: for cluster.yaml, jobs/rayjob.yaml, or any cluster that takes images.
#
#   docker build -t ike_ray:0.1.0-ray2.60.0-py311 .
#   docker build -t ike_ray:0.1.0-ray2.60.0-py311-cpu --build-arg PLATFORM=cpu \
#     --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu .
#
# Ray's image runs as the user `ray`, not as root, and so does this one.
ARG PLATFORM=gpu
FROM rayproject/ray:2.60.0-py311-${PLATFORM}

# Not WORKDIR alone, which would make the folder as root.
RUN mkdir /home/ray/ike_ray
WORKDIR /home/ray/ike_ray

# torch first and alone, as in the Makefile: nothing later can choose another build of it. Left empty, the package index gives
# the build for CUDA. This layer, of several gigabytes, is made again only when the pinned versions change.
ARG TORCH_INDEX=
COPY --chown=ray:users constraints.txt ./
RUN pip install --no-cache-dir --constraint constraints.txt ${TORCH_INDEX:+--extra-index-url ${TORCH_INDEX}} torch

COPY --chown=ray:users pyproject.toml README.md LICENSE ./
COPY --chown=ray:users ike_ray ike_ray
COPY --chown=ray:users configs configs
RUN pip install --no-cache-dir --constraint constraints.txt ".[cluster]"

COPY --chown=ray:users jobs jobs
