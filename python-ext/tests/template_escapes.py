"""Known ways out of a template, for the sandboxes of task templates and chat templates."""

# From Jinja2's own security tests and advisories (CVE-2016-10745, CVE-2019-10906, CVE-2024-56201, CVE-2024-56326,
# CVE-2025-27516) and from collections of server-side template injections.
REACHING_OUT = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ().__class__.__base__.__subclasses__() }}",
    "{{ [].__class__.__mro__ }}",
    "{{ ''['__class__']['__mro__'] }}",
    "{{ (''|attr('__class__')).__mro__ }}",
    "{{ (''|attr('\\x5f\\x5fclass\\x5f\\x5f')|attr('__mro__')).x }}",
    "{% set name = '__cla' ~ 'ss__' %}{{ (''|attr(name)).__mro__ }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ joiner.__init__.__globals__.os }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ range.__self__.__class__.x }}",
    "{{ self.__init__.__globals__.__builtins__ }}",
    "{{ self._TemplateReference__context.environment }}",
    "{{ '{0.__class__.__mro__}'.format('') }}",
    "{{ '{0.__init__.__globals__}'.format(cycler) }}",
    "{{ '{x.__class__.__mro__}'.format_map({'x': ''}) }}",
    "{{ ('{0.__class__.__mro__}'|attr('format'))('') }}",
    "{{ (['']|map('attr', '__class__')|map('attr', '__mro__')|first).x }}",
    "{% set f = '{0.__class__.__mro__}'.format %}{{ f('') }}",
    "{{ ['{0.__class__.__mro__}']|map(attribute='format')|first('') }}",
    "{{ (joiner()).__call__.__func__.__globals__ }}",
    "{% include '/etc/passwd' %}",
    "{% import '/etc/passwd' as x %}{{ x }}",
    "{% extends '/etc/passwd' %}",
]
FILLING_THE_MEMORY = [
    "{% for i in range(999999999) %}{% endfor %}",
    "{{ range(10**9)|list|length }}",
]
# What only Ballast's own sandbox limits.
BY_AN_OPERATOR = [
    "{{ 'a' * 10**9 }}",
    "{{ 10**9 * 'a' }}",
    "{{ [0] * 1000000000 }}",
    "{{ 10 ** (10 ** 10) }}",
    "{% set x = 'a' * 1000 %}{{ (x * 1000) * 1000 }}",
]
