# Two stages: build an environment with pinned, hashed wheels; copy it into an image without build tools.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/waypost
COPY requirements/runtime.txt requirements/
RUN /opt/waypost/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY forms forms
COPY sync sync
COPY server server
COPY migrations migrations
RUN /opt/waypost/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/waypost --create-home waypost
COPY --from=build /opt/waypost /opt/waypost
ENV PATH=/opt/waypost/bin:$PATH PYTHONUNBUFFERED=1 WAYPOST_DATA=/var/lib/waypost
USER waypost
VOLUME /var/lib/waypost
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health/live', timeout=4)"]
# The container is the boundary: inside it the server listens on all addresses, behind a proxy that does TLS.
ENTRYPOINT ["waypost"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080", "--i-am-behind-a-proxy"]
