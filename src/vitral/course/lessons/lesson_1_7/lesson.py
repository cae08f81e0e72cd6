"""Lesson 1.7 as a marimo notebook: each cell shows a section of the text."""

import marimo

app = marimo.App(width="medium", css_file="../course.css")


@app.cell
def _():
    import marimo as mo

    from vitral.course import notebook

    lesson = notebook.open_lesson(mo, "1.7")
    return lesson, mo, notebook


@app.cell
def _(lesson, mo, notebook):
    notebook.heading(mo, lesson)
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "question")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "capacity")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "beyond")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "stopping")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "rules")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "shrinking")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "zeros")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "logistic")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "network")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "misconceptions")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "exercises")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "try")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "claims")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "references")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.ending(mo, lesson)
    return
