{{- define "praetor.demoName" -}}
{{ include "praetor.fullname" . }}-demo
{{- end -}}

{{- define "praetor.demoSecret" -}}
{{- default (include "praetor.demoName" .) .Values.demoSite.existingSecret -}}
{{- end -}}

{{- define "praetor.demoImage" -}}
{{- $image := .Values.demoSite.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default .Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{/* Arguments: root, part ("site", "frontend", "api", "postgres"), args, mounts, volumes. The pod of a part. */}}
{{- define "praetor.demoPod" -}}
{{- $demo := .root.Values.demoSite -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "praetor.podSecurity" .root | nindent 2 }}
terminationGracePeriodSeconds: 15
containers:
  - name: {{ .part }}
    image: {{ include "praetor.demoImage" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    command: [praetor]
    args:
      {{- toYaml .args | nindent 6 }}
    securityContext:
      {{- include "praetor.containerSecurity" .root | nindent 6 }}
    env:
      - name: HOME
        value: /tmp
      - name: PRAETOR_SITE_TOKEN
        valueFrom:
          secretKeyRef:
            name: {{ include "praetor.demoSecret" .root }}
            key: {{ $demo.existingSecretKey }}
      {{- with $demo.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    ports:
      - name: http
        containerPort: 7070
      {{- if eq .part "frontend" }}
      - name: users
        containerPort: 8080
      {{- end }}
    startupProbe: # the site answers once all of its parts are there
      httpGet: {path: /healthz, port: http}
      periodSeconds: 2
      failureThreshold: 150
    livenessProbe:
      httpGet: {path: /healthz, port: http}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    readinessProbe:
      httpGet: {path: /readyz, port: http}
      periodSeconds: 3
      timeoutSeconds: 5
    resources:
      {{- toYaml (index $demo.resources .part) | nindent 6 }}
    volumeMounts:
      - name: tmp
        mountPath: /tmp
      {{- with .mounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: tmp
    emptyDir: {}
  {{- with .volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $demo.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $demo.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $demo.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
