{# No two rows share these columns. #}
{% test clari_unique_combination(model, columns) %}

select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}


{# Every row's columns are found together in another model. Null columns are not looked up. #}
{% test clari_relationships(model, to, columns) %}

select child.*
from {{ model }} as child
left join {{ to }} as parent
    on {% for column in columns %}child.{{ column }} = parent.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
where parent.{{ columns[0] }} is null
{% for column in columns %} and child.{{ column }} is not null{% endfor %}

{% endtest %}
